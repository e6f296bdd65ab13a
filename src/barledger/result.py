class Result:
    def __init__(s, runs, labels, columns, request):
        s.runs = runs
        s.labels = labels
        s.columns = columns
        s.request = request
