"""Where bars come from: the only door through which prices enter."""
