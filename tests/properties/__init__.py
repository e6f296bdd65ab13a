"""What must hold in every world, told of the kernel's records alone."""
