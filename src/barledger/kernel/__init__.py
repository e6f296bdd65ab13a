"""What happens: one compiled loop over bars. Imports numpy, numba and the standard library only."""
