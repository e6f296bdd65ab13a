"""What exchanges ask and pay, as functions of their own: perpetuals, SPAN margin."""
