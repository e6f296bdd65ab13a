"""The rows of `volume_cases.py`, in which their form is told."""

CAPS = """
A cap that is not reached changes nothing
share=.5 | 10 1, 10 20 | 1 10 10 | 0
A cap that is just reached changes nothing
share=.5 | 10 1, 10 20, 11 20 | 1 10 10 | 0
Three bars: each takes its share
share=.5 tif=gtc | 10 1, 10 6, 11 6, 12 100 | 1 3 10, 2 3 11, 3 4 12 |
The bar after the last piece takes nothing more
share=.5 tif=gtc | 10 1, 10 10, 11 10, 12 100 | 1 5 10, 2 5 11 |
A cap in units needs no volume
units=4 tif=gtc | 10, 10, 11, 12 | 1 4 10, 2 4 11, 3 2 12 |
A cap in money is reckoned at the price of the fill
money=40 tif=gtc | 10, 10, 20, 8 | 1 4 10, 2 2 20, 3 4 8 |
Of two caps the smaller counts, on each bar
share=.5 units=4 tif=gtc | 10 1, 10 6, 11 100, 12 100 | 1 3 10, 2 4 11, 3 3 12 |
Only whole lots: the part that is less waits
share=.5 tif=gtc lot=2 | 10 1, 10 7, 11 100 | 1 2 10, 2 8 11 |
Less than a lot: nothing trades
share=.1 tif=gtc lot=2 | 10 1, 10 10, 11 100 | 2 10 11 |
Fractions take what there is
share=.25 tif=gtc lot=0 | 10 1, 10 5, 11 100 | 1 1.25 10, 2 8.75 11 |
Slippage is not part of a cap in money
money=40 tif=gtc slip=.1 | 10, 10, 10 , 10 | 1 4 11, 2 4 11, 3 2 11 |
A sale is capped too
share=.5 tif=gtc orders=0:-10 | 10 1, 10 8, 11 100 | 1 -4 10, 2 -6 11 |
Volume that nobody knows takes nothing
share=.5 tif=gtc | 10 1, 10 n, 11 100 | 2 10 11 |
The last bar ends what waits
share=.5 tif=gtc | 10 1, 10 8 | 1 4 10 | 1 end_of_data
"""

REMAINDERS = """
next, the default: an entry has one bar
share=.5 | 10 1, 10 8, 11 100 | 1 4 10 | 1 expired
ioc: the same
share=.5 tif=ioc | 10 1, 10 8, 11 100 | 1 4 10 | 1 expired
gtc: it waits
share=.5 tif=gtc | 10 1, 10 8, 11 100 | 1 4 10, 2 6 11 |
day: to the end of the date
share=.5 tif=day perday=2 | 10 1, 10 1, 10 8, 11 4, 12 100 | 1 .5 10 | 1 expired
day: it waits on the bars of its date
share=.5 tif=day perday=2 orders=1:10 lot=1 | 10 1, 10 1, 10 8, 11 4, 12 100 | 2 4 10, 3 2 11 | 3 expired
drop: what the bar does not take is given up
share=.5 tif=gtc remainder=drop | 10 1, 10 8, 11 100 | 1 4 10 | 1 volume_cap
drop: nothing taken is a rejection
share=.01 tif=gtc remainder=drop lot=1 | 10 1, 10 8, 11 100 | | 1 volume_cap
An exit waits until it is filled, whatever the life of entries
share=.5 signals=0:L,1:X | 10 1, 10 20, 11 8, 12 6, 13 100 | 1 10 10, 2 -4 11, 3 -3 12, 4 -3 13 |
An exit under drop is given up
share=.5 remainder=drop signals=0:L,1:X | 10 1, 10 20, 11 8, 12 6 | 1 10 10, 2 -4 11 | 2 volume_cap
A reversal closes first, and opens on the bar that closes the last of it
share=.5 tif=gtc signals=0:L,1:S | 10 1, 10 20, 11 8, 12 20, 13 100 | 1 10 10, 2 -4 11, 3 -6 12, 3 -4 12, 4 -6 13 |
A reversal whose entry is over still closes
share=.5 signals=0:L,1:S | 10 1, 10 20, 11 8, 12 20, 13 100 | 1 10 10, 2 -4 11, 3 -6 12 | 3 expired
A newer entry replaces what waits of an older one
share=.5 tif=gtc signals=0:L,1:L repeat=add | 10 1, 10 8, 11 100 | 1 4 10, 2 10 11 | 1 replaced
An entry does not replace an exit that waits
share=.5 tif=gtc signals=0:L,1:X,2:L repeat=add | 10 1, 10 20, 11 8, 12 100 | 1 10 10, 2 -4 11, 3 -6 12 | 2 exit_waiting
A size in money is found at the first piece
share=.5 tif=gtc value=100 signals=0:L | 10 1, 10 8, 20 100 | 1 4 10, 2 6 20 |
A split doubles what waits
share=.5 tif=gtc split=2:2 | 10 1, 10 8, 5 100 | 1 4 10, 2 12 5 |
Cash for the first piece only
share=.5 tif=gtc cash=50 | 10 1, 10 8, 10 100 | 1 4 10, 2 1 10 | 2 insufficient_cash
"""

SHARED = """
Two orders of one bar share it, the older first
share=.5 tif=gtc orders=0:6,0:4 | 10 1, 10 16, 11 100 | 1 6 10, 1 2 10, 2 2 11 |
Buys and sales use the same volume
share=.5 tif=gtc orders=0:6,0:-4 | 10 1, 10 16, 11 100 | 1 6 10, 1 -2 10, 2 -2 11 |
Waiting orders come before new ones
share=.5 tif=gtc orders=0:10,1:4 | 10 1, 10 8, 11 14, 12 100 | 1 4 10, 2 6 11, 2 1 11, 3 3 12 |
A bar does not lend to the next
share=.5 tif=gtc orders=0:4,1:10 | 10 1, 10 100, 11 8, 12 100 | 1 4 10, 2 4 11, 3 6 12 |
"""

STOPS = """
A stop that is not filled whole waits as an exit at the next open
share=.5 loss=1 signals=0:L | 10 1, 10 20, 10/10/8/8 8, 7 4, 6 100 | 1 10 10, 2 -4 9 stop_loss, 3 -2 7 stop_loss, 4 -4 6 stop_loss |
It goes on although the price comes back
share=.5 loss=1 signals=0:L | 10 1, 10 20, 10/10/8/8 8, 12 100 | 1 10 10, 2 -4 9 stop_loss, 3 -6 12 stop_loss |
drop: the level stays, and is hit again
share=.5 loss=1 remainder=drop signals=0:L | 10 1, 10 20, 10/10/8/8 8, 12 100, 8 100 | 1 10 10, 2 -4 9 stop_loss, 4 -6 8 stop_loss | 2 volume_cap
A target is a limit: its level stays
share=.5 target=1 signals=0:L | 10 1, 10 20, 10/12/10/10 8, 10 100, 12 100 | 1 10 10, 2 -4 11 target_hit, 4 -6 12 target_hit | 2 volume_cap
A stop at the open leaves the rest for the next open
share=.5 loss=1 signals=0:L | 10 1, 10 20, 8 8, 7 100 | 1 10 10, 2 -4 8 stop_loss, 3 -6 7 stop_loss |
A stop on a bar that takes nothing waits whole
share=.5 loss=1 signals=0:L lot=1 | 10 1, 10 20, 8 1, 7 100 | 1 10 10, 3 -10 7 stop_loss |
No entry replaces it
share=.5 loss=1 signals=0:L,2:L repeat=add | 10 1, 10 20, 8 8, 7 100 | 1 10 10, 2 -4 8 stop_loss, 3 -6 7 stop_loss | 2 exit_waiting
Time that is up waits too
share=.5 time=1 signals=0:L | 10 1, 10 20, 11 8, 12 100 | 1 10 10, 2 -4 11 time_stop, 3 -6 12 time_stop |
"""

RESTING = """
A limit order fills on each bar that meets it
share=.5 kind=limit price=10 otif=gtc | 11 1, 10 8, 11 100, 10 100 | 1 4 10, 3 6 10 |
Within a bar, at its limit
share=.5 kind=limit price=10 otif=gtc | 11 1, 11/11/9/11 8, 11/11/9/11 100 | 1 4 10, 2 6 10 |
A stop order once met is at the market
share=.5 kind=stop price=12 otif=gtc | 11 1, 12 8, 10 100 | 1 4 12, 2 6 10 |
What was touched is at the market
share=.5 kind=market_if_touched price=10 otif=gtc | 11 1, 10 8, 12 100 | 1 4 10, 2 6 12 |
Good for one bar: the rest expires
share=.5 kind=limit price=10 otif=next | 11 1, 10 8, 10 100 | 1 4 10 | 1 expired
"""

NOBODY = """
no_fill: an entry has had its bar
| 10 1, 10 0, 11 5 | | 1 expired
no_fill, gtc: it waits for the next
tif=gtc | 10 1, 10 0, 11 5 | 2 10 11 |
no_fill: an exit waits
tif=gtc signals=0:L,1:X | 10 1, 10 5, 11 0, 12 5 | 1 10 10, 3 -10 12 |
no_fill: a stop waits for a bar on which somebody trades
loss=1 signals=0:L | 10 1, 10 5, 8 0, 7 5 | 1 10 10, 3 -10 7 stop_loss |
no_fill: a limit order waits
kind=limit price=10 otif=gtc | 11 1, 10 0, 9 5 | 2 10 9 |
no_fill: a limit order good for one bar has had it
kind=limit price=10 otif=next | 11 1, 10 0, 9 5 | | 1 expired
Volume that nobody knows is no zero
| 10 1, 10 n, 11 5 | 1 10 10 |
last_price: the last close
zero=last_price | 10 1, 12 0, 11 5 | 1 10 10 |
last_price: a stop sees the bar's own prices
zero=last_price loss=1 signals=0:L | 10 1, 10 5, 8 0 | 1 10 10, 2 -10 8 stop_loss |
last_price: a share caps only what has volume
zero=last_price share=.5 tif=gtc | 10 1, 12 0, 11 5 | 1 10 10 |
spread: half of it worse
zero=spread spread=.2 | 10 1, 12 0, 11 5 | 1 10 11 |
spread: nothing where somebody trades
zero=spread spread=.2 | 10 1, 12 5 | 1 10 12 |
synthetic: the bar's own price
zero=synthetic floor=5 | 10 1, 12 0, 11 5 | 1 10 12 |
synthetic: a share of the floor
zero=synthetic floor=8 share=.5 tif=gtc | 10 1, 12 0, 11 100 | 1 4 12, 2 6 11 |
synthetic: the floor is the least of every bar
zero=synthetic floor=8 share=.5 tif=gtc | 10 1, 12 2, 11 n, 10 100 | 1 4 12, 2 4 11, 3 2 10 |
"""

KILLED = """
fok: what fits the bar fills whole
tif=fok units=10 | 10 1, 10 5, 11 5 | 1 10 10 |
fok: what does not is killed whole
tif=fok units=9 | 10 1, 10 5, 11 5 | | 1 expired
fok: without caps it is one open
tif=fok | 10 1, 11 5, 12 5 | 1 10 11 |
fok: what another order has taken counts
tif=fok units=15 orders=0:10,0:10 | 10 1, 10 5 | 1 10 10 | 1 expired
fok: a closing order too
tif=fok units=9 orders=0:5,1:5,2:-10 | 10 1, 10 5, 10 5, 10 5 | 1 5 10, 2 5 10 | 3 expired
fok: a reversal is judged as one
tif=fok units=15 orders=0:10,1:-20 | 10 1, 10 5, 10 5 | 1 10 10 | 2 expired
fok: a reversal that fits
tif=fok units=20 orders=0:10,1:-20 | 10 1, 10 5, 10 5 | 1 10 10, 2 -10 10, 2 -10 10 |
fok: an exit by a signal takes what there is
tif=fok units=10 signals=0:L,1:X share=.5 | 10 1, 10 30, 9 5, 8 30 | 1 10 10, 2 -2.5 9, 3 -7.5 8 |
fok: dropped where the rest is dropped
tif=fok units=9 remainder=drop | 10 1, 10 5 | | 1 volume_cap
fok: a limit order at one open
kind=limit price=10 otif=fok units=9 | 11 1, 9 5, 9 5 | | 1 expired
fok: a limit order that the open does not reach
kind=limit price=10 otif=fok | 11 1, 11 5, 9 5 | | 1 expired
fok: a limit order filled whole
kind=limit price=10 otif=fok units=10 | 11 1, 9 5 | 1 10 9 |
Protection: what the first bar takes, the rest as a limit at its range
kind=market_with_protection price=2 otif=gtc units=4 | 10 1, 10 5, 13 5, 12 5, 9 5 | 1 4 10, 3 4 12, 4 2 9 |
Protection: good for one bar
kind=market_with_protection price=2 otif=next units=4 | 10 1, 10 5, 9 5 | 1 4 10 | 1 expired
Trailing stop: at the market once it has begun to fill
kind=trailing_stop price=2 otif=gtc units=4 | 10 1, 13 5, 9 5, 20 5 | 1 4 13, 2 4 9, 3 2 20 |
On the close: the next closes take the rest
kind=market_on_close price=0 otif=gtc units=6 | 10 1, 10/12/9/11 5, 13/15/12/14 5 | 1 6 11, 2 4 14 |
On the close: for one close
kind=market_on_close price=0 otif=next units=6 | 10 1, 10/12/9/11 5, 13/15/12/14 5 | 1 6 11 | 1 expired
"""
