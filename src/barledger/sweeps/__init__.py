"""Sweeps: one rule over a grid of parameters, through the same loop, anywhere."""
