"""A slow, plain simulator written from the laws: what the compiled kernel is compared with."""
