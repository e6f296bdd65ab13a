"""The rows of `stop_cases.py`, in which their form is told."""

GAPS = """
A gap through the stop fills at the open
loss=5 | 100, 100 101 99 100, 90 93 88 92 | 2 90 stop_loss
An open on the stop fills there, before a target later in the bar
loss=5 target=10 path=best | 100, 100 101 99 100, 95 112 94 96 | 2 95 stop_loss
A gap over the target fills at the open
target=10 | 100, 100 101 99 100, 115 116 112 113 | 2 115 target_hit
An open on the target fills there, before a stop later in the bar
loss=5 target=10 | 100, 100 101 99 100, 110 111 94 109 | 2 110 target_hit
A gap through the stop comes before a target later in the bar
loss=5 target=10 path=best | 100, 100 101 99 100, 90 115 88 112 | 2 90 stop_loss
A gap over the target comes before a stop later in the bar
loss=5 target=10 | 100, 100 101 99 100, 112 113 90 95 | 2 112 target_hit
A gap through a level that was trailed up is a trailing stop
trail=10 | 100, 100 120 99 119, 105 106 104 105 | 2 105 trailing_stop
A gap through the stop comes before the time
loss=5 time=1 | 100, 100 101 99 100, 90 93 88 92 | 2 90 stop_loss
A gap over the target comes before the time
target=10 time=1 | 100, 100 101 99 100, 115 116 112 113 | 2 115 target_hit
A gap through the stop is not filled at a worse close
loss=5 stop_fill=worst_close | 100, 100 101 99 100, 90 93 84 85 | 2 90 stop_loss
"""

RANGES = """
A low on the stop fills at the stop
loss=5 | 100, 100 101 99 100, 100 101 95 97 | 2 95 stop_loss
A low above the stop does not
loss=5 | 100, 100 101 99 100, 100 101 95.5 97 | none
A high on the target fills at the target
target=10 | 100, 100 101 99 100, 100 110 99 101 | 2 110 target_hit
A high below the target does not
target=10 | 100, 100 101 99 100, 100 109.9 99 101 | none
A high above the target still fills at the target
target=10 | 100, 100 101 99 100, 100 118 99 117 | 2 110 target_hit
A share of the price is the unit by default in the option, here said
loss=0.25 unit=fraction | 100, 100 101 99 100, 100 101 74 97 | 2 75 stop_loss
Both hit: worst is the stop
loss=5 target=10 path=worst | 100, 100 101 99 100, 100 112 94 101 | 2 95 stop_loss
Both hit: best is the target
loss=5 target=10 path=best | 100, 100 101 99 100, 100 112 94 101 | 2 110 target_hit
Both hit: the high comes first in ohlc
loss=5 target=10 path=ohlc | 100, 100 101 99 100, 100 112 94 101 | 2 110 target_hit
Both hit: the low comes first in olhc
loss=5 target=10 path=olhc | 100, 100 101 99 100, 100 112 94 101 | 2 95 stop_loss
Both hit: the low is nearer
loss=5 target=10 path=nearest | 100, 100 101 99 100, 100 112 94 101 | 2 95 stop_loss
Both hit: the high is nearer
loss=5 target=4 path=nearest | 100, 100 101 99 100, 100 105 94 101 | 2 104 target_hit
Both hit and equally near is the worst
loss=5 target=4 path=nearest | 100, 100 101 99 100, 100 106 94 101 | 2 95 stop_loss
Both hit and no open: nearest is the worst
loss=5 target=4 path=nearest | 100, 100 101 99 100, n 105 94 101 | 2 95 stop_loss
The entry bar's low counts for a position opened at its open
loss=5 | 100, 100 101 94 97, 97 | 1 95 stop_loss
The entry bar's high counts too
target=10 | 100, 100 111 99 105, 105 | 1 110 target_hit
Both hit on the entry bar: worst
loss=5 target=10 | 100, 100 111 94 105, 105 | 1 95 stop_loss
Both hit on the entry bar: best
loss=5 target=10 path=best | 100, 100 111 94 105, 105 | 1 110 target_hit
Opened at the next close: not exposed to that bar
loss=5 fill=next_close | 100, 98 120 80 100, 100 101 94 96 | 2 95 stop_loss
Opened at its own close: exposed from the next bar
loss=5 target=20 fill=close | 100 150 50 100, 100 101 94 96 | 1 95 stop_loss
Opened at its own close: the next open may gap
loss=5 fill=close | 100 150 50 100, 93 101 92 96 | 1 93 stop_loss
A worse close fills a stop under worst_close
loss=5 stop_fill=worst_close | 100, 100 101 99 100, 100 101 90 92 | 2 92 stop_loss
A better close does not
loss=5 stop_fill=worst_close | 100, 100 101 99 100, 100 101 94 98 | 2 95 stop_loss
No close: the level
loss=5 stop_fill=worst_close | 100, 100 101 99 100, 100 101 94 n | 2 95 stop_loss
A level of no distance closes at once
loss=0 | 100, 100 101 99 100, 100 | 1 100 stop_loss
No levels, no exits
loss=n target=n trail=n time=n | 100, 100 150 50 100, 10 20 5 15 | none
"""

TRAILS = """
Worst: the low meets the level of before this bar's high
trail=5 | 100, 100 104 99.5 103, 103 108 98 107 | 2 99 trailing_stop
Best: the low meets the raised level
trail=5 path=best | 100, 100 104 99.5 103, 103 108 98 107 | 2 103 trailing_stop
ohlc is the best of a long
trail=5 path=ohlc | 100, 100 104 99.5 103, 103 108 98 107 | 2 103 trailing_stop
olhc is the worst of a long
trail=5 path=olhc | 100, 100 104 99.5 103, 103 108 98 107 | 2 99 trailing_stop
Best: the raised level is met on the entry bar
trail=5 path=best | 100, 100 104 99 103, 103 | 1 99 trailing_stop
Worst: a reversal after the high closes below the raised level
trail=5 | 100, 100 104 99.5 103, 103 108 100 102 | 2 103 trailing_stop
A close on the raised level is met
trail=5 path=olhc | 100, 100 104 99.5 103, 103 108 100 103 | 2 103 trailing_stop
A close above the raised level is not, although the low was below
trail=5 | 100, 100 104 99.5 103, 103 108 100 104, 104 105 103.5 104 | none
Without a close the mark is raised all the same
trail=5 | 100, 100 104 99.5 103, 103 108 100 n, 104 105 102 104 | 3 103 trailing_stop
A worse close fills the raised level under worst_close
trail=5 stop_fill=worst_close | 100, 100 104 99.5 103, 103 108 100 102 | 2 102 trailing_stop
The open raises the mark before the low
trail=5 | 100, 100 101 99 100, 110 111 104 108 | 2 105 trailing_stop
Worst: the entry bar's high does not help its low
trail=5 | 100, 100 110 94 109, 109 | 1 95 trailing_stop
A trailing level equal to the loss level is the loss
loss=5 trail=5 | 100, 100 100 95 96, 96 | 1 95 stop_loss
A trailing level above the loss level is trailing
loss=5 trail=4 | 100, 100 100 95 96, 96 | 1 96 trailing_stop
A trailing level below the loss level is the loss
loss=5 trail=8 | 100, 100 102 99 101, 101 102 94 95 | 2 95 stop_loss
Not trailing before it is activated
trail=2 trail_after=6 | 100, 100 105 97 99, 99 103 90 92 | none
Trailing from the bar after which it is activated
trail=2 trail_after=6 | 100, 100 106 99 105, 105 105.5 103 104 | 2 104 trailing_stop
Activated and closed in one bar
trail=2 trail_after=6 | 100, 100 107 99 104, 104 | 1 105 trailing_stop
Activated by the open
trail=2 trail_after=6 | 100, 100 101 99 100, 108 108 105 107 | 2 106 trailing_stop
The loss level holds before activation
loss=5 trail=2 trail_after=6 | 100, 100 103 94 96, 96 | 1 95 stop_loss
No number to activate from: at once
trail=4 trail_after=n | 100, 100 100 96 97, 97 | 1 96 trailing_stop
Break-even holds at the entry price
loss=5 break_even=4 | 100, 100 104 99 103, 102 103 99 101 | 2 100 stop_loss
Break-even that is not reached does nothing
loss=5 break_even=4 | 100, 100 103 99 102, 102 103 96 97, 97 98 94 95 | 3 95 stop_loss
A gap below break-even
loss=5 break_even=4 | 100, 100 104 99 103, 97 99 96 98 | 2 97 stop_loss
Break-even alone: no stop before it is reached
break_even=4 | 100, 100 105 90 104, 104 105 100 102 | 2 100 stop_loss
Break-even reached and lost in one bar by the close
break_even=4 | 100, 100 105 90 99, 99 | 1 100 stop_loss
Trailing above break-even
trail=3 break_even=2 | 100, 100 106 99 105, 105 105.5 102 103 | 2 103 trailing_stop
Trailing below break-even
trail=8 break_even=2 | 100, 100 106 99 105, 105 105 97 98 | 2 100 stop_loss
Trailing equal to break-even
trail=6 break_even=2 | 100, 100 106 99 105, 105 105 97 98 | 2 100 stop_loss
"""

TIMES = """
Time is up at the open, so many bars after the entry
time=2 | 100, 100, 101, 103 104 102 103, 105 | 3 103 time_stop
Time waits for an open
time=2 | 100, 100, 101, n 104 102 103, 105 | 4 105 time_stop
Time waits until the asset is tradable
time=2 off=3 | 100, 100, 101, 103, 105 | 4 105 time_stop
Half a bar is a whole one
time=1.5 | 100, 100, 101, 103, 105 | 3 103 time_stop
The stop comes before the time
loss=5 time=2 | 100, 100, 100 101 94 96, 103 | 2 95 stop_loss
No number, no time
time=n | 100, 100, 101, 103, 105 | none
Opened at the close: the time counts from that bar
time=1 fill=close | 100, 102 103 101 102, 105 | 1 102 time_stop
Without opens time is up at the close
time=2 fill=next_close opens=none | 100, 100, 101, 103, 105 | 3 103 time_stop
Without opens the range comes before the time
loss=5 time=2 fill=next_close opens=none | 100, 100, 101, 94, 105 | 3 94 stop_loss
"""

SHORTS = """
A gap through the stop of a short
loss=5 orders=0:-10 | 100, 100 101 99 100, 110 112 107 108 | 2 110 stop_loss
A gap over the target of a short
target=10 orders=0:-10 | 100, 100 101 99 100, 85 88 84 87 | 2 85 target_hit
A high on the stop of a short
loss=5 orders=0:-10 | 100, 100 101 99 100, 100 105 99 101 | 2 105 stop_loss
A low on the target of a short
target=10 orders=0:-10 | 100, 100 101 99 100, 100 101 90 95 | 2 90 target_hit
Both hit, short: worst
loss=5 target=10 orders=0:-10 | 100, 100 101 99 100, 100 106 89 95 | 2 105 stop_loss
Both hit, short: best
loss=5 target=10 path=best orders=0:-10 | 100, 100 101 99 100, 100 106 89 95 | 2 90 target_hit
Both hit, short: the high comes first in ohlc
loss=5 target=10 path=ohlc orders=0:-10 | 100, 100 101 99 100, 100 106 89 95 | 2 105 stop_loss
Both hit, short: the low comes first in olhc
loss=5 target=10 path=olhc orders=0:-10 | 100, 100 101 99 100, 100 106 89 95 | 2 90 target_hit
Both hit, short: the high is nearer
loss=5 target=10 path=nearest orders=0:-10 | 100, 100 101 99 100, 100 106 89 95 | 2 105 stop_loss
Both hit, short: the low is nearer
loss=5 target=4 path=nearest orders=0:-10 | 100, 100 101 99 100, 100 106 95 98 | 2 96 target_hit
Both hit, short: equally near is the worst
loss=5 target=4 path=nearest orders=0:-10 | 100, 100 101 99 100, 100 106 94 98 | 2 105 stop_loss
A short closes above the level that its low has lowered
trail=5 orders=0:-10 | 100, 100 101 96 97, 97 100 92 98 | 2 97 trailing_stop
A short under best meets the lowered level
trail=5 path=best orders=0:-10 | 100, 100 100.5 96 97, 97 100 92 96 | 2 97 trailing_stop
Break-even of a short
loss=5 break_even=4 orders=0:-10 | 100, 100 101 96 97, 98 101 97 99 | 2 100 stop_loss
Activation of a short
trail=2 trail_after=6 orders=0:-10 | 100, 100 101 94 95, 95 97 94.5 96 | 2 96 trailing_stop
The time of a short
time=1 orders=0:-10 | 100, 100, 103 104 102 103 | 2 103 time_stop
A worse close of a short
loss=5 stop_fill=worst_close orders=0:-10 | 100, 100, 100 109 99 108 | 2 108 stop_loss
"""

UNITS = """
Ticks
loss=20 unit=ticks tick=0.25 | 100, 100, 100 101 94 96 | 2 95 stop_loss
A target off the tick is rounded up: not reached
target=10.1 tick=0.25 | 100, 100, 100 110.2 99 110 | none
A target off the tick is rounded up: reached
target=10.1 tick=0.25 | 100, 100, 100 110.25 99 110 | 2 110.25 target_hit
The target of a short off the tick is rounded down
target=10.1 tick=0.25 orders=0:-10 | 100, 100, 100 101 89.75 90 | 2 89.75 target_hit
A stop off the tick fills a tick further
loss=5.1 tick=0.25 | 100, 100, 100 101 94.75 96 | 2 94.75 stop_loss
The stop of a short off the tick fills a tick further
loss=5.1 tick=0.25 orders=0:-10 | 100, 100, 100 105.25 99 101 | 2 105.25 stop_loss
An open off the tick beyond the target fills on the tick
target=10 tick=0.25 | 100, 100, 112.1 113 111 112 | 2 112 target_hit
An open off the tick beyond the stop fills on the tick
loss=5 tick=0.25 | 100, 100, 90.1 93 89 92 | 2 90 stop_loss
Mean true range at the bar of the signal: (4 + 2) / 2
loss=2 unit=atr atr_length=2 orders=1:10 | 100 102 98 100, 100 101 99 100, 100 101 93 95 | 2 94 stop_loss
A true range counts the gap from the close before: (4 + 11) / 2
loss=2 unit=atr atr_length=2 orders=1:10 | 100 102 98 100, 110 111 109 110, 110 111 94 96 | 2 95 stop_loss
Later ranges do not move the level
loss=1 unit=atr atr_length=1 | 100 102 98 100, 100 101 99 100, 100 130 97 100, 100 101 95 99 | 3 96 stop_loss
Too few bars for the range: no level
loss=2 unit=atr atr_length=2 | 100 102 98 100, 100, 100 101 50 95 | none
A missing low in the window: no level
loss=2 unit=atr atr_length=2 orders=1:10 | 100 102 n 100, 100, 100 101 50 95 | none
A missing close before the window: no level
loss=2 unit=atr atr_length=1 orders=1:10 | 100 102 98 n, 100, 100 101 50 95 | none
Levels are read at the bar of the signal
loss=5/50/50 | 100, 100, 100 101 94 96 | 2 95 stop_loss
"""

COSTS = """
A stop slips from its level, which is measured from the slipped entry (101)
loss=5 slip=0.01 | 100, 100, 100 101 95 97 | 2 95.04 stop_loss
A target does not slip
target=10 slip=0.01 | 100, 100, 100 112 99 101 | 2 111 target_hit
A target at the open does not slip
target=10 slip=0.01 | 100, 100, 115 116 114 115 | 2 115 target_hit
A gap through the stop slips from the open
loss=5 slip=0.01 | 100, 100, 90 91 89 90 | 2 89.1 stop_loss
A time stop slips
time=1 slip=0.01 | 100, 100, 103 104 102 103 | 2 101.97 time_stop
A share of the price is one of the slipped price: 101 - 10.1
loss=0.1 unit=fraction slip=0.01 | 100, 100, 100 101 90 91 | 2 89.991 stop_loss
A worse close slips too
loss=5 stop_fill=worst_close slip=0.01 | 100, 100, 100 101 90 92 | 2 91.08 stop_loss
A short's entry at 99 and its stop at 104 slip upwards
loss=5 slip=0.01 orders=0:-10 | 100, 100, 100 104 99 101 | 2 105.04 stop_loss
Slippage comes before the tick: 95.04 is 95
loss=5 slip=0.01 tick=0.25 | 100, 100, 100 101 95 97 | 2 95 stop_loss
"""

ADDED = """
A split divides the loss level
loss=5 split=2:2 | 100, 100, 50 51 47 48 | 2 47.5 stop_loss
A split divides the target
target=10 split=2:2 | 100, 100, 50 55 49 54 | 2 55 target_hit
A split divides the mark and the trailing distance
trail=6 split=2:2 | 100, 100 104 99 103, 52 53 49.5 51, 51 52 49 50 | 3 50 trailing_stop
A split divides the activation
trail=2 trail_after=6 split=2:2 | 100, 100 101 99 100, 50 53 49.5 52.5, 52.5 52.5 51.5 52 | 3 52 trailing_stop
A split divides the entry price of break-even
break_even=4 split=2:2 | 100, 100 104 99 103, 52 53 51 52, 52 52 49 50 | 3 50 stop_loss
A reverse split raises the level
loss=5 split=2:0.5 | 100, 100, 200 202 189 195 | 2 190 stop_loss
A split before the fill divides the distance of a waiting order
loss=5 split=1:2 | 100, 50, 50 51 47 48 | 2 47.5 stop_loss
A split before the fill leaves a share of the price alone
loss=0.25 unit=fraction split=1:2 | 100, 50, 50 51 37 48 | 2 37.5 stop_loss
A split leaves the time alone
time=2 split=2:2 | 100, 100, 50, 51, 52 | 3 51 time_stop
Keep: more bought at 104 leaves the stop at 95
loss=5 orders=0:10,1:10 | 100, 100, 104 105 97 100, 100 101 94 96 | 3 95 stop_loss
Reset: the stop moves to 102 - 5
loss=5 when_added=reset orders=0:10,1:10 | 100, 100, 104 105 98 100, 100 101 96 98 | 3 97 stop_loss
Reset: the target moves to 102 + 10
target=10 when_added=reset orders=0:10,1:10 | 100, 100, 104 111 98 100, 100 112 96 98 | 3 112 target_hit
Reset meets the range of the bar that adds
loss=5 when_added=reset orders=0:10,1:10 | 100, 100, 104 105 96 100 | 2 97 stop_loss
Reset keeps the mark
trail=5 when_added=reset orders=0:10,1:10 | 100, 100 108 99 107, 107 107.5 104 105, 105 106 102 104 | 3 103 trailing_stop
Reset keeps the time
time=2 when_added=reset orders=0:10,1:10 | 100, 100, 101, 103, 105 | 3 103 time_stop
Keep: break-even stays at the first entry
break_even=4 orders=0:10,1:10 | 100, 100 105 99 104, 104 105 101 104, 103 104 99 100 | 3 100 stop_loss
Reset: break-even is measured from the average of 102, and reached at 106
break_even=4 when_added=reset orders=0:10,1:10 | 100, 100 105 99 104, 104 105 101 104, 103 104 99 100, 104 106 103 105, 104 104 101 102 | 5 102 stop_loss
Reset by an order without a distance takes the level away
loss=5/n/n/n when_added=reset orders=0:10,1:10 | 100, 100, 104 105 98 100, 100 101 50 96 | none
Keep with an order without a distance
loss=5/n/n/n orders=0:10,1:10 | 100, 100, 104 105 98 100, 100 101 50 96 | 3 95 stop_loss
Keep: an order with a distance gives none to a position without
loss=n/5/n/n orders=0:10,1:10 | 100, 100, 104 105 98 100, 100 101 50 96 | none
Reducing leaves the stop
loss=5 orders=0:10,1:-4 | 100, 100, 104 105 98 100, 100 101 94 96 | 3 95 stop_loss
Flat clears the stop; the next position has its own
loss=5 orders=0:10,1:-10,2:10 | 100, 100, 98 99 90 95, 80 81 79 80, 80 81 74 76 | 4 75 stop_loss
A sale ordered for the open at which the stop acts opens a short with a stop of its own
loss=5 orders=0:10,1:-10 | 100, 100, 90 96 89 95 | 2 90 stop_loss, 2 95 stop_loss
A sale at the open leaves the stop nothing to do
loss=5 orders=0:10,1:-10 | 100, 100, 99 100 90 95 | none
A reversal sets the stop of the other side
loss=5 orders=0:10,1:-20 | 100, 100, 102 103 101 102, 102 108 101 103 | 3 107 stop_loss
"""

GAPS_IN_DATA = """
No low: the lower of open and close, above the stop
loss=5 | 100, 100, 98 101 n 96 | none
No low: the lower of open and close, below the stop
loss=5 | 100, 100, 98 101 n 94 | 2 95 stop_loss
No high: the higher of open and close
target=10 | 100, 100, 100 n 99 111 | 2 110 target_hit
No high and no close: the open, which is not at the target
target=10 | 100, 100, 100 n 99 n | none
No open: the stop is met in the range, at its level
loss=5 | 100, 100, n 101 90 92 | 2 95 stop_loss
No open and all of the range beyond the stop: its high
loss=5 | 100, 100, n 92 88 90 | 2 92 stop_loss
No prices: nothing happens until there are some
loss=5 | 100, 100, n n n n, 90 91 89 90 | 3 90 stop_loss
Only a high is given: nothing happens
target=10 | 100, 100, n 115 n n, 100 | none
Not tradable: the stop waits for the next open
loss=5 off=2 | 100, 100, 100 101 90 92, 91 93 90 92 | 3 91 stop_loss
Not tradable: the target was passed for nothing
target=10 off=2 | 100, 100, 112 115 111 112, 105 106 104 105 | none
Not tradable: the mark is not raised
trail=5 off=2 | 100, 100, 110 120 109 118, 103 104 99 102 | none
Without opens a close below the stop fills at the close
loss=5 fill=next_close opens=none | 100, 100, 93 | 2 93 stop_loss
Without opens a close below the stop is the worst close
loss=5 fill=next_close opens=none stop_fill=worst_close | 100, 100, 93 | 2 93 stop_loss
Without opens a close above the target fills at the target
target=10 fill=next_close opens=none | 100, 100, 115 | 2 110 target_hit
Without opens the range counts
loss=5 fill=next_close opens=none | 100, 100, n 101 94 99 | 2 95 stop_loss
Without opens nearest is the worst
loss=5 target=4 fill=next_close opens=none path=nearest | 100, 100, n 105 94 101 | 2 95 stop_loss
"""
