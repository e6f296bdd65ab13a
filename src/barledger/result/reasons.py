"""Why an order did not fill, and what made it, in sentences."""

CAUSES = {
    "signal": "made by a signal",
    "target": "made by a target",
    "order": "given as an order",
    "margin_call": "forced by a margin call",
    "bankruptcy": "forced by bankruptcy",
    "loss_limit": "forced by a loss limit",
    "stop_loss": "made by the stop",
    "trailing_stop": "made by the trailing stop",
    "target_hit": "made by the target",
    "time_stop": "made because its time was up",
    "exclusive": "forced by another member of its exclusive group",
}

REASONS = {
    "bankrupt": "the account was bankrupt",
    "halted": "a loss limit had halted entries",
    "not_in_cash_account": "a cash account takes neither shorts nor futures",
    "not_in_futures_account": "a futures account takes nothing but futures",
    "exclusive": "another member of its exclusive group had the turn",
    "exclusive_blocked": "a member of its exclusive group was held and could not be closed",
    "max_positions": "as many positions as allowed were held",
    "size_zero": "the size came to nothing, or to less than a lot",
    "min_notional": "it was worth less than the least allowed",
    "insufficient_cash": "the cash that was free did not pay for all of it",
    "insufficient_margin": "equity beyond the initial margin of what was held did not cover it",
    "leverage_cap": "gross exposure would have passed the cap",
    "net_cap": "net exposure would have passed the cap",
    "asset_cap": "the position would have passed the cap on one asset",
    "group_cap": "its group would have passed the cap",
    "set_unaffordable": "the set of entries did not fit as a whole, and none was to be taken alone",
    "signal_conflict": "entry and exit came together",
    "direction_conflict": "long and short entry came together",
    "exit_waiting": "an exit of the asset was still waiting",
    "replaced": "a newer signal replaced it",
    "position_gone": "the position that it was to close was gone",
    "expired": "its time in force was over",
    "withdrawn": "the strategy withdrew it",
    "end_of_data": "the bars ended before it could fill",
}

INCIDENTS = {
    "margin_call": "margin call: equity {amount:,.2f} was below the {level:,.2f} required",
    "bankrupt": "bankrupt: equity was {amount:,.2f}",
    "debt": "cash fell below zero: {amount:,.2f}",
    "negative_equity": "equity fell below zero: {amount:,.2f}",
    "exit_fee": "the fee of an exit took cash below zero: {amount:,.2f}",
    "good_faith_violation": "good-faith violation: sold before its purchase had settled",
    "withdrawal_cut": "a withdrawal of {amount:,.2f} was cut to {level:,.2f}",
    "halt": "a loss limit halted entries: equity {amount:,.2f} against {level:,.2f}",
    "flatten": "a loss limit closed everything: equity {amount:,.2f} against {level:,.2f}",
}
