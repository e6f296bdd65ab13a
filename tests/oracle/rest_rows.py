"""The rows of `rest_cases.py`, in which their form is told."""

KINDS = """
Limit: an open below it fills at the open
price=95 | 100, 93 96 92 94 | 1 10 93 |
Limit: an open on it fills there
price=95 | 100, 95 97 94 96 | 1 10 95 |
Limit: a low below it fills at the limit
price=95 | 100, 100 101 94 98 | 1 10 95 |
Limit: a low on it fills
price=95 | 100, 100 101 95 98 | 1 10 95 |
Limit: a low above it does not
price=95 | 100, 100 101 95.5 98 | | 1 end_of_data
Limit: waits for a later bar
price=95 | 100, 100 101 99 100, 100 101 94 95 | 2 10 95 |
Limit: a gap through it on a later bar fills at the open
price=95 | 100, 100 101 99 100, 90 92 89 91 | 2 10 90 |
Limit: one above the market fills at the open
price=110 | 100, 100 101 99 100 | 1 10 100 |
Limit of a sale: a high above it fills at the limit
price=105 orders=0:-10 | 100, 100 106 99 104 | 1 -10 105 |
Limit of a sale: an open above it fills at the open
price=105 orders=0:-10 | 100, 108 109 107 108 | 1 -10 108 |
Limit: the bar of the signal itself does not count
price=95 | 100 101 90 100, 100 101 99 100 | | 1 end_of_data
Stop: an open above it fills at the open
kind=stop price=105 | 100, 107 108 106 107 | 1 10 107 |
Stop: an open on it fills there
kind=stop price=105 | 100, 105 106 104 105 | 1 10 105 |
Stop: a high above it fills at the stop
kind=stop price=105 | 100, 100 106 99 103 | 1 10 105 |
Stop: a high on it fills
kind=stop price=105 | 100, 100 105 99 103 | 1 10 105 |
Stop: a high below it does not
kind=stop price=105 | 100, 100 104.9 99 103 | | 1 end_of_data
Stop: one below the market fills at the open
kind=stop price=95 | 100, 100 101 99 100 | 1 10 100 |
Stop of a sale: a low below it fills at the stop
kind=stop price=95 orders=0:-10 | 100, 100 101 94 96 | 1 -10 95 |
Stop of a sale: a gap through it fills at the open
kind=stop price=95 orders=0:-10 | 100, 90 91 89 90 | 1 -10 90 |
Touched: an open below it fills at the open
kind=market_if_touched price=95 | 100, 93 96 92 94 | 1 10 93 |
Touched: a low on it fills there
kind=market_if_touched price=95 | 100, 100 101 95 98 | 1 10 95 |
Touched: a low above it does not
kind=market_if_touched price=95 | 100, 100 101 95.5 98 | | 1 end_of_data
"""

STOP_LIMITS = """
An open between stop and limit fills at the open
kind=stop_limit stop=105 price=107 | 100, 106 108 104 107 | 1 10 106 |
A high above the stop fills at the stop where the limit allows it
kind=stop_limit stop=105 price=107 | 100, 100 106 99 103 | 1 10 105 |
A limit on the stop allows it
kind=stop_limit stop=105 price=105 | 100, 100 106 99 103 | 1 10 105 |
Never armed: no fill although the price is below the limit
kind=stop_limit stop=105 price=107 | 100, 100 104 99 101 | | 1 end_of_data
A gap over the limit arms it, and a later pull-back fills at the limit
kind=stop_limit stop=105 price=107 | 100, 110 112 108 111, 108 109 106 108 | 2 10 107 |
A gap over the limit arms it, and the pull-back of the same bar fills
kind=stop_limit stop=105 price=107 | 100, 110 112 106 108 | 1 10 107 |
A gap over the limit arms it, and a later open below the limit fills at the open
kind=stop_limit stop=105 price=107 | 100, 110 112 108 111, 106 109 105 108 | 2 10 106 |
Armed at an open on the stop, above the limit
kind=stop_limit stop=105 price=103 | 100, 105 106 104 105, 104 104.5 102 103 | 2 10 103 |
Once armed it needs no stop any more
kind=stop_limit stop=105 price=103 | 100, 105 106 104 105, 102 103 101 102 | 2 10 102 |
Pull-back, worst: a close on the other side of the limit
kind=stop_limit stop=105 price=103 | 100, 100 106 99 102 | 1 10 103 |
Pull-back, worst: a close on the limit
kind=stop_limit stop=105 price=103 | 100, 100 106 99 103 | 1 10 103 |
Pull-back, worst: the low came first, so it waits
kind=stop_limit stop=105 price=103 | 100, 100 106 99 104, 104 104.5 102.5 104 | 2 10 103 |
Pull-back, best: the low comes after the high
kind=stop_limit stop=105 price=103 path=best loss=50 | 100, 100 106 99 104 | 1 10 103 |
Pull-back, best: a low above the limit is none
kind=stop_limit stop=105 price=103 path=best loss=50 | 100, 104 106 103.5 105 | | 1 end_of_data
Pull-back, ohlc is the best of a buy
kind=stop_limit stop=105 price=103 path=ohlc loss=50 | 100, 100 106 99 104 | 1 10 103 |
Pull-back, olhc is the worst of a buy
kind=stop_limit stop=105 price=103 path=olhc loss=50 | 100, 100 106 99 104 | | 1 end_of_data
Pull-back, the low is nearer: it came first
kind=stop_limit stop=105 price=103 path=nearest loss=50 | 100, 100 106 99 104 | | 1 end_of_data
Pull-back, the high is nearer: the low came after it
kind=stop_limit stop=105 price=103 path=nearest loss=50 | 100, 104 105.5 101 104.5 | 1 10 103 |
Pull-back, equally near is the worst
kind=stop_limit stop=105 price=103 path=nearest loss=50 | 100, 104 106 102 105 | | 1 end_of_data
Pull-back, worst, without a close: it stays armed
kind=stop_limit stop=105 price=103 | 100, 100 106 99 n, 104 104 102 103 | 2 10 103 |
A sale's favourable extreme is the low
kind=stop_limit stop=95 price=97 path=olhc loss=50 orders=0:-10 | 100, 100 101 94 96 | 1 -10 97 |
A sale's adverse extreme is the high
kind=stop_limit stop=95 price=97 path=ohlc loss=50 orders=0:-10 | 100, 100 101 94 96 | | 1 end_of_data
"""

LIVES = """
Good till cancelled: waits to the end
price=95 tif=gtc | 100, 100 101 99 100, 100 101 99 100 | | 2 end_of_data
Next: dropped after the range of the first bar
price=95 tif=next | 100, 100 101 99 100, 94 | | 1 expired
Next: filled in the range of the first bar
price=95 tif=next | 100, 100 101 94 98 | 1 10 95 |
Next: a bar that cannot trade is not the first
price=95 tif=next off=1 | 100, 93, 100 101 94 98 | 2 10 95 |
Next: the bar after one that cannot trade is the first
price=95 tif=next off=1 | 100, 93, 100 101 99 100, 90 | | 2 expired
Next: a bar without an open is not the first
price=95 tif=next | 100, n 101 99 100, 94 | 2 10 94 |
Next: the range of a bar without an open counts
price=95 tif=next | 100, n 101 94 98 | 1 10 95 |
At once: filled at the first open
price=95 tif=ioc | 100, 94 96 93 95 | 1 10 94 |
At once: the range of the first bar is too late
price=95 tif=ioc | 100, 100 101 90 91 | | 1 expired
At once: waits for the first open that can trade
price=95 tif=ioc off=1 | 100, 93, 94 95 93 94 | 2 10 94 |
At once: the range of a bar without an open counts
price=95 tif=ioc | 100, n 101 94 98 | 1 10 95 |
At once: a gap over the limit of a stop-limit ends it
kind=stop_limit stop=105 price=107 tif=ioc | 100, 110 112 104 105 | | 1 expired
Day: the last bar of daily data is the next
price=95 tif=day | 100, 100 101 99 100, 94 | | 1 expired
Day: the range of the last bar counts
price=95 tif=day | 100, 100 101 95 100 | 1 10 95 |
Day: of the bar after the signal, here the signal's own
price=95 tif=day perday=3 | 100, 100, 100 101 99 100, 94 | | 2 expired
Day: of the bar after the signal, here the following date
price=95 tif=day perday=2 orders=1:10 | 100, 100, 100, 100 101 94 95 | 3 10 95 |
Day: the following date ends as well
price=95 tif=day perday=2 orders=1:10 | 100, 100, 100, 100 101 99 99.5, 94 | | 3 expired
Day: a date on which nothing trades ends too
price=95 tif=day off=1 | 100, 93, 94 | | 1 expired
Day: whether the last bar of all is the last of its date is not known
price=95 tif=day | 100, 100 101 99 100 | | 1 end_of_data
Day: no bar after the signal is known
price=95 tif=day orders=1:10 | 100, 100 | | 1 end_of_data
Till a date: the last bar of the date counts
price=95 tif=gtd until=2024-01-03 | 100, 100, 100 101 94 98 | 2 10 95 |
Till a date: dropped after it
price=95 tif=gtd until=2024-01-03 | 100, 100, 100, 94 | | 2 expired
Till a date with several bars: the last of them
price=95 tif=gtd until=2024-01-02 perday=2 | 100, 100, 100, 100 101 94 95 | 3 10 95 |
Till a date with several bars: dropped after the last of them
price=95 tif=gtd until=2024-01-02 perday=2 | 100, 100, 100, 100, 94 | | 3 expired
Till a Saturday: the last bar is Friday's
price=95 tif=gtd until=2024-01-06 | 100, 100, 100, 100, 100, 94 | | 4 expired
Till a date after the data: waits at their end
price=95 tif=gtd until=2024-02-01 | 100, 100, 100 | | 2 end_of_data
Till the last date of all: more bars of it may follow
price=95 tif=gtd until=2024-01-03 | 100, 100, 100 | | 2 end_of_data
Till a date that is over when it is made: expired at once
price=95 tif=gtd until=2024-01-02 orders=2:10 | 100, 100, 100, 94 | | 2 expired
Till the date of the signal: expired at once
price=95 tif=gtd until=2024-01-02 orders=1:10 | 100, 100, 94 | | 1 expired
"""

SIGNALS = """
A newer signal replaces a waiting entry
price=95/97 signals=0:L,1:L | 100, 100 101 99 100, 100 101 96 98 | 2 10 97 | 1 replaced
A newer signal of the other side replaces it
price=95/105 signals=0:L,1:S | 100, 100 101 99 100, 100 106 94 98 | 2 -10 105 | 1 replaced
A newer signal without a price is no order and replaces nothing
price=95/n signals=0:L,1:L | 100, 100 101 99 100, 100 101 94 98 | 2 10 95 |
An exit that closes nothing leaves a waiting entry
price=95 signals=0:L,1:X | 100, 100 101 99 100, 100 101 94 98 | 2 10 95 |
An exit replaces a waiting addition, and is at the market
price=95 signals=0:L,1:X repeat=add held=10:100 | 100, 100 101 99 100, 101 | 2 -10 101 | 1 replaced
An exit is at the market
price=150 signals=0:X held=10:100 | 100, 100 101 99 100 | 1 -10 100 |
An opposite entry that only closes is at the market
price=150 signals=0:S opposite=close held=10:100 | 100, 100 101 99 100 | 1 -10 100 |
A reduction is at the market
price=150 signals=0:S opposite=reduce held=25:100 | 100, 100 101 99 100 | 1 -10 100 |
A reversal rests as a whole
price=105 signals=0:S held=10:100 | 100, 100 106 99 104 | 1 -10 105, 1 -10 105 |
A reversal that is not met closes nothing
price=105 signals=0:S held=10:100 | 100, 100 104 90 91 | | 1 end_of_data
Exit and opposite entry together rest as a whole
price=105 signals=0:XS held=10:100 | 100, 100 104 99 101, 106 | 2 -10 106, 2 -10 106 |
A reversal at a stop that gaps
kind=stop price=95 signals=0:S held=10:100 | 100, 90 91 89 90 | 1 -10 90, 1 -10 90 |
A reversal without a price is no order
price=n signals=0:XS held=10:100 | 100, 100 | |
An addition does not replace a waiting reversal
price=105 signals=0:S,1:L repeat=add held=10:100 | 100, 100, 100 106 99 100 | 2 -10 105, 2 -10 105 | 1 exit_waiting
An exit replaces a waiting reversal
price=105 signals=0:S,1:X held=10:100 | 100, 100, 101 106 99 100 | 2 -10 101 | 1 replaced
A reversal whose position a stop has closed only opens
price=110/105 signals=0:L,1:S loss=5 | 100, 100, 100 101 94 96, 100 106 99 101 | 1 10 100, 2 -10 95 stop_loss, 3 -10 105 |
A stop comes before the reversal of the same bar
price=110/105 signals=0:L,1:S loss=5 | 100, 100, 100 106 94 96 | 1 10 100, 2 -10 95 stop_loss, 2 -10 105 |
Orders replace none of each other
price=95 orders=0:10,1:5 | 100, 100, 100 101 94 96 | 2 10 95, 2 5 95 |
An order that closes rests too
price=105 orders=0:-10 held=10:100 | 100, 100 106 99 104 | 1 -10 105 |
An order that closes more than is held opens the rest
price=105 orders=0:-15 held=10:100 | 100, 100 106 99 104 | 1 -10 105, 1 -5 105 |
An order without a price is none
price=n | 100, 100 | |
An order with a missing stop is none
kind=stop_limit stop=n price=95 | 100, 100 101 90 92 | |
"""

FALLING = """
The stop below is hit when the low reaches it
price=95 loss=5 | 100, 100 101 89 96 | 1 10 95, 1 -10 90 stop_loss |
The stop below is not hit when the low stays above
price=95 loss=5 | 100, 100 101 91 96 | 1 10 95 |
Worst: a high above the target came before
price=95 loss=5 target=10 | 100, 100 106 94 100 | 1 10 95 |
Worst: a close on the target counts
price=95 loss=5 target=10 | 100, 100 106 94 105 | 1 10 95, 1 -10 105 target_hit |
Worst: the stop comes before the close
price=95 loss=5 target=10 | 100, 100 107 89 106 | 1 10 95, 1 -10 90 stop_loss |
olhc: the high comes after the low
price=95 loss=5 target=10 path=olhc | 100, 100 106 94 100 | 1 10 95, 1 -10 105 target_hit |
ohlc: the high came before the low
price=95 loss=5 target=10 path=ohlc | 100, 100 106 94 100 | 1 10 95 |
Best: only the close is left after the low
price=95 loss=5 target=10 path=best | 100, 100 107 94 106 | 1 10 95, 1 -10 105 target_hit |
Best: the stop below comes first all the same
price=95 loss=5 target=10 path=best | 100, 100 107 89 106 | 1 10 95, 1 -10 90 stop_loss |
Nearest: the low is nearer, the high comes after it
price=95 target=10 path=nearest | 100, 100 107 94 101 | 1 10 95, 1 -10 105 target_hit |
Nearest: the high is nearer, only the close is left
price=95 target=10 path=nearest | 100, 100 105 94 101 | 1 10 95 |
Trailing, worst: the high raises the level, and the close meets it
price=95 trail=5 | 100, 100 104 94 98 | 1 10 95, 1 -10 99 trailing_stop |
Trailing, best: the high came before and raises nothing
price=95 trail=5 path=best | 100, 100 104 94 98 | 1 10 95 |
Touched falls as a limit does
kind=market_if_touched price=95 loss=5 | 100, 100 101 89 96 | 1 10 95, 1 -10 90 stop_loss |
A worse close fills the stop under worst_close
price=95 loss=5 stop_fill=worst_close | 100, 100 101 88 89 | 1 10 95, 1 -10 89 stop_loss |
A stop-limit at its limit falls
kind=stop_limit stop=105 price=103 loss=5 path=best | 100, 101 106 97 104 | 1 10 103, 1 -10 98 stop_loss |
A stop-limit that only the close has met meets no more of its bar
kind=stop_limit stop=105 price=103 loss=5 | 100, 101 106 97 102 | 1 10 103 |
Filled at the open: the whole range counts, from the fill price
price=95 loss=5 | 100, 94 96 89 90 | 1 10 94, 1 -10 89 stop_loss |
Filled at the open: a high counts under worst
price=95 target=10 | 100, 94 104 93 96 | 1 10 94, 1 -10 104 target_hit |
An addition in the range meets no stops on its bar
price=100/95 orders=0:10,1:10 loss=8 | 100, 100, 100 101 94 96, 96 97 91 92 | 1 10 100, 2 10 95, 3 -20 92 stop_loss |
What is held is stopped first, and the order then opens anew
price=100/95 orders=0:10,1:10 loss=8 | 100, 100, 100 101 91 93 | 1 10 100, 2 -10 92 stop_loss, 2 10 95 |
Its time counts from the bar of the range
price=95 time=1 | 100, 100 101 94 98, 99 | 1 10 95, 2 -10 99 time_stop |
"""

RISING = """
Worst: a low below the stop is taken to come after
kind=stop price=105 loss=5 | 100, 101 107 95 104 | 1 10 105, 1 -10 100 stop_loss |
Worst: a close on the stop is met
kind=stop price=105 loss=5 | 100, 101 107 95 100 | 1 10 105, 1 -10 100 stop_loss |
Best: the low comes after the high
kind=stop price=105 loss=5 path=best | 100, 101 107 95 104 | 1 10 105, 1 -10 100 stop_loss |
Best: the target comes before the low
kind=stop price=105 loss=5 target=5 path=best | 100, 101 111 95 104 | 1 10 105, 1 -10 110 target_hit |
Worst: a high above the target is not enough
kind=stop price=105 loss=5 target=5 | 100, 101 111 100.5 106 | 1 10 105 |
Worst: a close above the target counts
kind=stop price=105 loss=5 target=5 | 100, 101 112 100.5 111 | 1 10 105, 1 -10 110 target_hit |
olhc: the high is reached from the entry on
kind=stop price=105 loss=5 target=5 path=olhc | 100, 101 111 95 104 | 1 10 105, 1 -10 110 target_hit |
olhc: a target that is not reached, and a close on the stop
kind=stop price=105 loss=5 target=5 path=olhc | 100, 101 109 95 99 | 1 10 105, 1 -10 100 stop_loss |
Nearest: the high is nearer and the low comes after it
kind=stop price=105 loss=5 path=nearest | 100, 104 107 95 104 | 1 10 105, 1 -10 100 stop_loss |
Trailing, worst: the low is taken to come before the high
kind=stop price=105 trail=3 | 100, 101 109 100.5 105.5 | 1 10 105, 1 -10 102 trailing_stop |
Trailing, best: the low meets the level that the high has raised
kind=stop price=105 trail=3 path=best | 100, 101 109 100.5 107 | 1 10 105, 1 -10 106 trailing_stop |
A stop-limit at its stop rises, and under worst meets the low
kind=stop_limit stop=105 price=106 loss=5 | 100, 101 107 95 104 | 1 10 105, 1 -10 100 stop_loss |
A stop-limit at its stop rises to the high and then to the low
kind=stop_limit stop=105 price=106 loss=5 path=best | 100, 101 107 95 104 | 1 10 105, 1 -10 100 stop_loss |
"""

MONEY = """
What does not fit is clipped at the limit
price=95 cash=500 | 100, 100 101 94 98 | 1 5 95 | 1 insufficient_cash
What does not fit is clipped at a better open
price=95 cash=500 | 100, 80 | 1 6 80 | 1 insufficient_cash
A sale in the range does not pay for a purchase in it
price=105/95 orders=0:-10,1:5 held=10:100 cash=0 | 100, 100, 100 106 94 100 | 2 -10 105 | 2 insufficient_cash
What was free after the open may be used
price=105/95 orders=0:-10,1:5 held=10:100 cash=200 | 100, 100, 100 106 94 100 | 2 -10 105, 2 2 95 | 2 insufficient_cash
At the open a sale pays for a purchase
price=105/110 orders=0:-10,1:5 held=10:100 cash=0 | 100, 100, 106 107 105 106 | 2 -10 106, 2 5 106 |
A sale at the open pays for a purchase in the range
price=104/95 orders=0:-10,1:5 held=10:100 cash=0 | 100, 100, 105 106 94 100 | 2 -10 105, 2 5 95 |
What a stop frees in the range is free from the close
price=100/90/100 orders=0:10,1:10,2:9 loss=5 cash=1000 | 100, 100, 100 101 89 95, 95 | 1 10 100, 2 -10 95 stop_loss, 3 9 95 | 2 insufficient_cash
Money is taken in the order in which the orders were given
price=96/95 orders=0:4,1:4 cash=480 | 100, 100, 100 101 94 100 | 2 4 96, 2 1 95 | 2 insufficient_cash
A value is divided by the limit
price=80 signals=0:L value=1000 | 100, 100 101 79 98 | 1 12.5 80 |
A value is divided by a better open
price=95 signals=0:L value=1000 | 100, 80 | 1 12.5 80 |
"""

PRICES = """
Slippage of a limit in the range is none
price=95 slip=0.01 | 100, 100 101 94 98 | 1 10 95 |
Slippage at an open ends at the limit
price=95 slip=0.01 | 100, 94.5 96 94 95 | 1 10 95 |
Slippage at a better open is whole
price=95 slip=0.01 | 100, 90 96 89 95 | 1 10 90.9 |
Slippage of a stop is whole
kind=stop price=105 slip=0.01 | 100, 100 106 99 103 | 1 10 106.05 |
Slippage of what is touched is whole
kind=market_if_touched price=95 slip=0.01 | 100, 100 101 94 98 | 1 10 95.95 |
Slippage of a stop-limit ends at its limit
kind=stop_limit stop=105 price=105.5 slip=0.01 | 100, 100 106 99 103 | 1 10 105.5 |
Slippage of a stop-limit below its limit is whole
kind=stop_limit stop=105 price=107 slip=0.01 | 100, 100 106 99 103 | 1 10 106.05 |
Slippage of the reversal's closing ends at the limit too
price=105 signals=0:S held=10:100 slip=0.01 | 100, 100 106 99 104 | 1 -10 105, 1 -10 105 |
Levels of the position count from the slipped price
kind=stop price=100 loss=5 slip=0.1 path=best | 99, 99 112 98 108 | 1 10 110, 1 -10 94.5 stop_loss |
A limit snaps to the tick below
price=95.1 tick=0.25 | 100, 100 101 95 98 | 1 10 95 |
A limit that has snapped is not met between the ticks
price=95.1 tick=0.25 | 100, 100 101 95.05 98 | | 1 end_of_data
A stop snaps to the tick above
kind=stop price=105.1 tick=0.25 | 100, 100 105.5 99 103 | 1 10 105.25 |
A stop that has snapped is not met between the ticks
kind=stop price=105.1 tick=0.25 | 100, 100 105.2 99 103 | | 1 end_of_data
What is touched does not snap, its fill does
kind=market_if_touched price=95.1 tick=0.25 | 100, 100 101 95.05 98 | 1 10 95.25 |
A split multiplies the quantity and divides the limit
price=95 split=2:2 | 100, 100, 50 50.5 47 49 | 2 20 47.5 |
A split divides the stop and the limit of a stop-limit
kind=stop_limit stop=105 price=107 split=2:2 | 100, 100, 50 53 49 50 | 2 20 52.5 |
A split leaves armed what is armed
kind=stop_limit stop=105 price=103 split=2:2 | 100, 105 106 104 105, 52 52.2 51 52 | 2 20 51.5 |
A split that puts a limit between the ticks: the limit counts
price=95.25 tick=0.25 split=2:2 | 100, 100, 50 50.5 47.5 49 | 2 20 47.625 |
"""

DATA = """
A bar that is not tradable fills nothing, open or range
price=95 off=1 | 100, 93 96 90 92, 100 101 94 95 | 2 10 95 |
A bar that is not tradable arms nothing
kind=stop_limit stop=105 price=107 off=1 | 100, 110 112 108 111, 100 104 99 100 | | 2 end_of_data
Without extremes the close is one
price=95 | 100, 100 n n 94 | 1 10 95 |
Without a low the close is the low
price=95 | 100, 100 101 n 94 | 1 10 95 |
Without a high the higher of open and close is the high
kind=stop price=105 | 100, 100 n 99 106 | 1 10 105 |
With one extreme and nothing else the range is not known
price=95 | 100, n n 94 n | | 1 end_of_data
A bar without prices fills nothing
price=95 | 100, n n n n, 94 | 2 10 94 |
Without an open a limit above the bar fills at its high
price=95 | 100, n 94 90 92 | 1 10 94 |
Without an open a stop below the bar fills at its low
kind=stop price=105 | 100, n 110 106 108 | 1 10 106 |
"""

AUCTIONS = """
On the open: the next one
kind=market_on_open tif=next | 100, 102 103 101 101, 104 | 1 10 102 |
On the open: a bar without one is not its bar
kind=market_on_open tif=next | 100, n 103 101 101, 104 | 2 10 104 |
On the open: a bar that is not tradable is not its bar
kind=market_on_open tif=next off=1 | 100, 102 103 101 101, 104 | 2 10 104 |
On the open, up to a date that is over: expires at once
kind=market_on_open tif=gtd until=2024-01-01 | 100, 102, 104 | | 0 expired
On the close: the next one
kind=market_on_close tif=next | 100, 102 103 101 101, 104 | 1 10 101 |
On the close: a bar without one is not its bar
kind=market_on_close tif=next | 100, 102 103 101 n, 104 105 103 103 | 2 10 103 |
On the close: a bar that is not tradable is not its bar
kind=market_on_close tif=next off=1 | 100, 102 103 101 101, 104 105 103 103 | 2 10 103 |
On the close, for the day: the last close of its date
kind=market_on_close tif=day perday=2 off=2 | 100, 101, 102 103 101 101, 104 | 1 10 101 |
On the close, for a day that has no close: expires
kind=market_on_close tif=day off=1 | 100, 102 103 101 101, 104 | | 1 expired
On the close: slips
kind=market_on_close slip=0.01 | 100, 102 103 99 100, 104 | 1 10 101 |
On the close: an exit still goes at the open
kind=market_on_close signals=0:L,1:X | 100, 102 103 101 101, 104 105 103 103 | 1 10 101, 2 -10 104 |
On the close: not exposed to its bar
kind=market_on_close signals=0:L loss=5 | 100, 102 103 90 101, 97 98 96 97, 95 | 1 10 101, 2 -10 96 stop_loss |
On the close: a stop of the range comes first, then the close opens again
kind=market_on_close signals=0:L,1:L loss=5 repeat=add | 100, 100 101 99 100, 100 101 94 98 | 1 10 100, 2 -10 95 stop_loss, 2 10 98 |
On the close: a sale of what is held, and a reversal
kind=market_on_close orders=0:10,1:-15 | 100, 100 101 99 100, 101 102 100 102 | 1 10 100, 2 -10 102, 2 -5 102 |
On the close: waits when the data end
kind=market_on_close orders=1:10 | 100, 100 | | 1 end_of_data
"""

PROTECTED = """
The open is within its own range
kind=market_with_protection price=2 | 100, 102 103 101 101 | 1 10 102 |
A gap moves the range with it
kind=market_with_protection price=2 | 100, 120 121 119 120 | 1 10 120 |
Slippage stops at the range
kind=market_with_protection price=2 slip=0.05 | 100, 100 108 99 101 | 1 10 102 |
Slippage within the range is paid
kind=market_with_protection price=2 slip=0.01 | 100, 100 108 99 101 | 1 10 101 |
A sale: the range lies below
kind=market_with_protection price=2 slip=0.05 orders=0:-10 | 100, 100 101 92 98 | 1 -10 98 |
The range snaps to the tick inside it
kind=market_with_protection price=2.1 tick=0.25 slip=0.05 | 100, 100 108 99 101 | 1 10 102 |
A range that is not there is no order
kind=market_with_protection price=n | 100, 100 101 99 100 | |
A bar that is not tradable sets no range
kind=market_with_protection price=2 slip=0.05 off=1 | 100, 100 101 99 100, 110 120 109 110 | 2 10 112 |
"""

TRAILING = """
Above the close, and reached in the range
kind=trailing_stop price=5 | 100, 101 106 100 104 | 1 10 105 |
A low lowers it for the next bar
kind=trailing_stop price=5 | 100, 99 100 94 95, 96 100 95 98 | 2 10 99 |
The open lowers it for its bar
kind=trailing_stop price=5 | 100, 92 97 91 93 | 1 10 97 |
A gap over it fills at the open
kind=trailing_stop price=5 | 100, 107 108 106 107 | 1 10 107 |
An open on it fills there
kind=trailing_stop price=5 | 100, 105 108 104 107 | 1 10 105 |
It never goes back up
kind=trailing_stop price=5 | 100, 96 97 95 96, 98 99 97 98, 99 101 98 100 | 3 10 100 |
Worst: the high comes first, then the low, then a close above the new level
kind=trailing_stop price=5 | 100, 100 104 94 100 | 1 10 99 |
Worst: a close on the new level
kind=trailing_stop price=5 | 100, 100 104 94 99 | 1 10 99 |
Worst: a close below the new level waits
kind=trailing_stop price=5 | 100, 100 104 94 98.5, 99 | 2 10 99 |
Best: the low comes first, then the high meets the new level
kind=trailing_stop price=5 path=best loss=50 | 100, 100 104 94 96 | 1 10 99 |
A sale trails below the highs
kind=trailing_stop price=5 orders=0:-10 | 100, 101 108 100 106, 105 106 101 102 | 2 -10 103 |
A sale: what it trails is the close before it
kind=trailing_stop price=5 orders=0:-10 | 100, 98 99 94 96 | 1 -10 95 |
Snaps to the tick above
kind=trailing_stop price=5.1 tick=0.25 | 100, 101 106 100 104 | 1 10 105.25 |
A split divides the level and the distance
kind=trailing_stop price=5 split=2:2 | 100, 100 101 98 100, 49 49.5 47 48, 48 50 47.5 49 | 3 20 49.5 |
A close that is missing is no beginning
kind=trailing_stop price=5 | 100 101 99 n, 101 106 100 104 | |
A distance that is missing is no order
kind=trailing_stop price=n | 100, 101 106 100 104 | |
For the day: expires
kind=trailing_stop price=5 tif=day | 100, 100 101 99 100, 100 106 99 101 | | 1 expired
Met at the close: not exposed to the rest of its bar
kind=trailing_stop price=5 signals=0:L loss=3 | 100, 100 104 94 100, 100 | 1 10 99 |
"""

DELAYS = """
One bar later than the next
delay=1 kind=market_if_touched price=200 | 100, 102, 104 105 103 104 | 2 10 104 |
Two bars later
delay=2 kind=market_if_touched price=200 | 100, 102, 104, 106 | 3 10 106 |
Wishes on their way at the end wait
delay=2 kind=market_if_touched price=200 | 100, 102, 104 | | 2 end_of_data
A limit of the signal's bar, met from its arrival on
delay=1 price=95/90 | 100, 93 96 90 92, 96 97 94 95 | 2 10 95 |
A limit for the day: that of the bar it can trade on first
delay=1 price=95 tif=day | 100, 100, 100, 94 | | 2 expired
A date that is over on arrival
delay=1 price=95 tif=gtd until=2024-01-02 | 100, 100, 94 | | 1 expired
A trailing stop begins at the close before it can trade
delay=1 kind=trailing_stop price=5 | 100, 95 96 94 95, 96 101 95 97 | 2 10 100 |
Signals meet what is held when they arrive
delay=1 kind=market_if_touched price=200 signals=0:L,1:L,2:X | 100, 101, 102, 103, 104 | 2 10 102, 4 -10 104 |
The close of a delayed order on the close
delay=1 kind=market_on_close | 100, 101 102 100 100, 104 105 103 103 | 2 10 103 |
"""

GROUPS = """
One fills within the bar, the other is cancelled
each=0:10:stop:105:a,0:-10:stop:95:a | 100, 100 106 99 104, 104 105 90 92 | 1 10 105 | 1 one_cancels_other
The other one fills
each=0:10:stop:105:a,0:-10:stop:95:a | 100, 100 104 94 96, 96 110 95 109 | 1 -10 95 | 1 one_cancels_other
One fills at the open: the range does not see the other
each=0:10:stop:105:a,0:-10:stop:95:a | 100, 106 107 90 92 | 1 10 106 | 1 one_cancels_other
Both met at the open: the first as given
each=0:10:market:n:a,0:-20:limit:95:a | 100, 100 101 99 100 | 1 10 100 | 1 one_cancels_other
Both met in the range from flat, worst: the first as given
each=0:10:stop:105:a,0:-10:stop:95:a | 100, 100 106 94 100 | 1 10 105 | 1 one_cancels_other
Both met in the range, ohlc: the one above first
each=0:-10:stop:95:a,0:10:stop:105:a path=ohlc | 100, 100 106 94 100 | 1 10 105 | 1 one_cancels_other
Both met in the range, olhc: the one below first
each=0:10:stop:105:a,0:-10:stop:95:a path=olhc | 100, 100 106 94 100 | 1 -10 95 | 1 one_cancels_other
Both met in the range, nearest: the nearer extreme first
each=0:10:stop:105:a,0:-10:stop:98:a path=nearest | 100, 100 106 97 100 | 1 -10 98 | 1 one_cancels_other
Two of one side: the nearer first
each=0:10:stop:108:a,0:5:stop:104:a | 100, 100 109 99 105 | 1 5 104 | 1 one_cancels_other
A stop and a target of what is held, worst: the stop
each=0:10:market:n,1:-10:limit:110:a,1:-10:stop:90:a | 100, 100, 100 112 88 100 | 1 10 100, 2 -10 90 | 2 one_cancels_other
A stop and a target of what is held, best: the target
each=0:10:market:n,1:-10:stop:90:a,1:-10:limit:110:a path=best | 100, 100, 100 112 88 100 | 1 10 100, 2 -10 110 | 2 one_cancels_other
A stop and a target of a short, worst: the stop
each=0:-10:market:n,1:10:limit:90:a,1:10:stop:110:a | 100, 100, 100 112 88 100 | 1 -10 100, 2 10 110 | 2 one_cancels_other
Groups know nothing of each other
each=0:10:stop:105:a,0:-10:stop:95:a,0:7:limit:99:b | 100, 100 106 98 104 | 1 10 105, 1 7 99 | 1 one_cancels_other
Three of a group: two are cancelled
each=0:10:stop:105:a,0:-10:stop:95:a,0:-5:limit:120:a | 100, 100 106 99 104 | 1 10 105 | 1 one_cancels_other, 1 one_cancels_other
A group laid down on two bars
each=0:10:stop:105:a,1:-10:stop:95:a | 100, 100 101 99 100, 100 106 99 104 | 2 10 105 | 2 one_cancels_other
An order that expires cancels nobody
each=0:10:market_with_protection:0:a,0:-10:stop:95:a off=1 | 100, 100 101 90 92, 100 101 94 96 | 2 10 100 | 2 one_cancels_other
"""

BRACKETS = """
The stop of a bracket, at its price
each=0:10:limit:98:n:94:106 | 100, 100 101 97 99, 99 100 93 95 | 1 10 98, 2 -10 94 stop_loss |
The target of a bracket, at its price
each=0:10:limit:98:n:94:106 | 100, 100 101 97 99, 99 107 98 105 | 1 10 98, 2 -10 106 target_hit |
A better entry moves no level
each=0:10:limit:98:n:94:106 | 100, 96 97 95 96, 96 97 93 95 | 1 10 96, 2 -10 94 stop_loss |
A gap through the stop of a bracket
each=0:10:limit:98:n:94:106 | 100, 100 101 97 99, 90 91 89 90 | 1 10 98, 2 -10 90 stop_loss |
Both met, worst: the stop
each=0:10:market:n:n:94:106 | 100, 100 107 93 100 | 1 10 100, 1 -10 94 stop_loss |
Both met, best: the target
each=0:10:market:n:n:94:106 path=best | 100, 100 107 93 100 | 1 10 100, 1 -10 106 target_hit |
A bracket of a sale
each=0:-10:market:n:n:106:94 | 100, 100 101 93 95 | 1 -10 100, 1 10 94 target_hit |
A stop alone
each=0:10:market:n:n:94 | 100, 100 120 99 119, 119 120 93 95 | 1 10 100, 2 -10 94 stop_loss |
Each order its own bracket
each=0:10:market:n:n:94:106,2:10:market:n:n:100:120 | 100, 100 107 99 106, 105, 105 106 104 105, 104 105 99 101 | 1 10 100, 1 -10 106 target_hit, 3 10 105, 4 -10 100 stop_loss |
The levels of the first stay when another adds
each=0:10:market:n:n:94:120,1:10:market:n:n:99:130 | 100, 100, 101 102 98 100, 100 101 93 95 | 1 10 100, 2 10 101, 3 -20 94 stop_loss |
The levels of the last where they are set anew
each=0:10:market:n:n:94:120,1:10:market:n:n:99:130 when_added=reset loss=50 | 100, 100, 101 102 100 100, 100 101 98 100 | 1 10 100, 2 10 101, 3 -20 99 stop_loss |
A split divides the levels of a bracket
each=0:10:limit:98:n:94:106 split=2:2 | 100, 100 101 97 99, 49 50 46 48 | 1 10 98, 2 -20 47 stop_loss |
A split before the entry divides them too
each=0:10:limit:96:n:94:106 split=2:2 | 100, 100, 49 50 46.5 48 | 2 20 48, 2 -20 47 stop_loss |
Straddle with brackets: one side, and its stop
each=0:10:stop:105:a:101:n,0:-10:stop:95:a:99:n | 100, 102 106 102 104, 104 105 100 101 | 1 10 105, 2 -10 101 stop_loss | 1 one_cancels_other
Levels of the run as prices
kind=market_on_open signals=0:L loss=94 target=106 unit=level | 100, 100 101 99 100, 100 101 93 95 | 1 10 100, 2 -10 94 stop_loss |
"""

LADDERED = """
Two targets, half each
kind=market_on_open targets=5:.5/10:.5 | 100, 100 106 99 104, 104 111 103 110 | 1 10 100, 1 -5 105 target_hit, 2 -5 110 target_hit |
Two targets within one bar, each at its level
kind=market_on_open targets=5:.5/10:.5 | 100, 100 112 99 104 | 1 10 100, 1 -5 105 target_hit, 1 -5 110 target_hit |
A gap over both fills both at the open
kind=market_on_open targets=5:.5/10:.5 | 100, 100, 115 116 114 115 | 1 10 100, 2 -5 115 target_hit, 2 -5 115 target_hit |
A gap over the first, the second in the range
kind=market_on_open targets=5:.5/10:.5 | 100, 100, 106 111 105 110 | 1 10 100, 2 -5 106 target_hit, 2 -5 110 target_hit |
Shares of less than 1 leave the rest
kind=market_on_open targets=5:.4 | 100, 100 106 99 104, 104 120 103 119 | 1 10 100, 1 -4 105 target_hit |
The rest meets the stop
kind=market_on_open targets=5:.4 loss=5 | 100, 100 106 99 104, 104 105 94 95 | 1 10 100, 1 -4 105 target_hit, 2 -6 95 stop_loss |
Worst: the stop comes before the first target
kind=market_on_open targets=5:.4 loss=5 | 100, 100, 100 106 94 95 | 1 10 100, 2 -10 95 stop_loss |
Best: the first target, then the stop for the rest
kind=market_on_open targets=5:.4 loss=5 path=best | 100, 100, 100 106 94 95 | 1 10 100, 2 -4 105 target_hit, 2 -6 95 stop_loss |
Two losses, each at its level
kind=market_on_open losses=5:.5/10:.5 | 100, 100 101 94 96, 96 97 89 90 | 1 10 100, 1 -5 95 stop_loss, 2 -5 90 stop_loss |
Two losses within one bar
kind=market_on_open losses=5:.5/10:.5 | 100, 100 101 89 96 | 1 10 100, 1 -5 95 stop_loss, 1 -5 90 stop_loss |
A loss, then a target for the rest
kind=market_on_open losses=5:.5/10:.5 target=8 | 100, 100, 100 109 94 108 | 1 10 100, 2 -5 95 stop_loss, 2 -5 108 target_hit |
A trailing stop closes all the rest
kind=market_on_open targets=5:.5/20:.5 trail=6 | 100, 100 106 99 105, 105 106 99 100 | 1 10 100, 1 -5 105 target_hit, 2 -5 100 trailing_stop |
Break-even closes all the rest
kind=market_on_open losses=5:.5/10:.5 targets=5:.5 path=ohlc time=3 | 100, 100 106 94 95, 95 96 94 95, 95, 95 | 1 10 100, 1 -5 105 target_hit, 1 -5 95 stop_loss |
Time closes all the rest
kind=market_on_open targets=5:.5 time=2 | 100, 100 106 99 105, 105, 104 | 1 10 100, 1 -5 105 target_hit, 3 -5 104 time_stop |
A share of less than a lot closes nothing
kind=market_on_open targets=5:.02/8:.5 | 100, 100 109 99 104 | 1 10 100, 1 -5 108 target_hit |
A split multiplies what the rungs share out
kind=market_on_open targets=5:.5/10:.5 split=2:2 | 100, 100 106 99 104, 52 56 51 55 | 1 10 100, 1 -5 105 target_hit, 2 -10 55 target_hit |
Slippage on losses, none on targets
kind=market_on_open losses=5:.5/10:.5 target=8 slip=.01 | 100, 100 101 94.5 96, 96 110 95.5 109 | 1 10 101, 1 -5 95.04 stop_loss, 2 -5 109 target_hit |
"""

EXITS = """
Limit: met in the range, without slippage
kind=market_on_open signals=0:L loss=5 exit=limit slip=.01 | 100, 100 101 99 100, 100 101 94 95 | 1 10 101, 2 -10 96 stop_loss |
Limit with an offset: slips down to it
kind=market_on_open signals=0:L loss=5 exit=limit limit_offset=.5 slip=.01 | 100, 100 101 99 100, 100 101 94 95 | 1 10 101, 2 -10 95.5 stop_loss |
Limit: a gap through it waits, and fills where the price comes back
kind=market_on_open signals=0:L loss=5 exit=limit | 100, 100 101 99 100, 90 91 89 90, 91 96 90 95 | 1 10 100, 3 -10 95 stop_loss |
Limit: a gap through it, back in the same bar
kind=market_on_open signals=0:L loss=5 exit=limit | 100, 100 101 99 100, 90 96 89 90 | 1 10 100, 2 -10 95 stop_loss |
Limit: a gap through it, and a better open
kind=market_on_open signals=0:L loss=5 exit=limit | 100, 100 101 99 100, 90 91 89 90, 97 98 96 97 | 1 10 100, 3 -10 97 stop_loss |
Limit: a gap within the offset fills at the open
kind=market_on_open signals=0:L loss=5 exit=limit limit_offset=3 | 100, 100 101 99 100, 93 94 92 93 | 1 10 100, 2 -10 93 stop_loss |
Limit: what waits knows no target any more
kind=market_on_open signals=0:L loss=5 target=8 exit=limit | 100, 100 101 99 100, 90 91 89 90, 94 94.5 93 94 | 1 10 100 | 3 end_of_data
Limit: an exit signal replaces what waits
kind=market_on_open signals=0:L,2:X loss=5 exit=limit | 100, 100 101 99 100, 90 91 89 90, 92 93 91 92 | 1 10 100, 3 -10 92 | 2 replaced
Limit: an entry finds the exit waiting
kind=market_on_open signals=0:L,2:L loss=5 exit=limit repeat=add | 100, 100 101 99 100, 90 91 89 90, 92 93 91 92 | 1 10 100 | 2 exit_waiting, 3 end_of_data
Limit: a short buys back at its limit
kind=market_on_open signals=0:S loss=5 exit=limit | 100, 100 101 99 100, 110 111 109 110, 109 110 104 105 | 1 -10 100, 3 10 105 stop_loss |
Limit: a trailing stop too
kind=market_on_open signals=0:L trail=5 exit=limit | 100, 100 110 99 109, 103 104 102 103, 104 106 103 105 | 1 10 100, 3 -10 105 trailing_stop |
Limit: time goes to the market
kind=market_on_open signals=0:L time=1 exit=limit | 100, 100, 90 91 89 90 | 1 10 100, 2 -10 90 time_stop |
Close: met in the range, filled at the close
kind=market_on_open signals=0:L loss=5 exit=close | 100, 100 101 99 100, 100 101 94 98 | 1 10 100, 2 -10 98 stop_loss |
Close: a gap through it too
kind=market_on_open signals=0:L loss=5 exit=close | 100, 100 101 99 100, 90 92 89 91 | 1 10 100, 2 -10 91 stop_loss |
Close: a gap through it comes before a target later in the bar
kind=market_on_open signals=0:L loss=5 target=10 exit=close path=best | 100, 100 101 99 100, 90 112 89 91 | 1 10 100, 2 -10 91 stop_loss |
Close: worst, the stop before the target
kind=market_on_open signals=0:L loss=5 target=10 exit=close | 100, 100 101 99 100, 100 112 94 105 | 1 10 100, 2 -10 105 stop_loss |
Close: a target is a limit as ever
kind=market_on_open signals=0:L loss=5 target=10 exit=close | 100, 100 101 99 100, 100 112 99 105 | 1 10 100, 2 -10 110 target_hit |
Close: slips there
kind=market_on_open signals=0:L loss=5 exit=close slip=.01 | 100, 100 101 99 100, 100 101 95 100 | 1 10 101, 2 -10 99 stop_loss |
Close: none on this bar, so it waits for the next
kind=market_on_open signals=0:L loss=5 exit=close | 100, 100 101 99 100, 96 97 94 n, 94 95 93 94.5 | 1 10 100, 3 -10 94.5 stop_loss |
Close: one rung of a ladder
kind=market_on_open losses=5:.5/10:.5 exit=close | 100, 100 101 94 97, 97 98 89 92 | 1 10 100, 1 -5 97 stop_loss, 2 -5 92 stop_loss |
"""

BASES = """
From the signal's close, not from the fill
kind=market_on_open signals=0:L loss=5 base=signal | 100, 104 105 103 104, 104 105 96 97, 97 98 94 96 | 1 10 104, 3 -10 95 stop_loss |
The target too
kind=market_on_open signals=0:L target=8 base=signal | 100, 104 107 103 104, 104 109 103 108 | 1 10 104, 2 -10 108 target_hit |
Trailing begins at the fill
kind=market_on_open signals=0:L trail=5 base=signal | 100, 104 105 103 104, 104 105 98 99 | 1 10 104, 2 -10 100 trailing_stop |
A signal's bar without a close: from the fill
kind=market_on_open signals=0:L loss=5 base=signal | 100 101 99 n, 104 105 103 104, 104 105 98 99 | 1 10 104, 2 -10 99 stop_loss |
A ladder from the signal's close
kind=market_on_open targets=5:.5/10:.5 base=signal | 100, 104 106 103 104, 104 111 103 110 | 1 10 104, 1 -5 105 target_hit, 2 -5 110 target_hit |
A split between signal and fill
kind=limit price=96 signals=0:L loss=5 base=signal split=2:2 | 100, 100, 49 50 47 48 | 2 20 48, 2 -20 47.5 stop_loss |
"""
