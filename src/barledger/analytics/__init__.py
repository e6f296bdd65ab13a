"""What it meant: trades, returns and statistics derived from the records."""
