"""What is measured: numbers computed from bars up to now, never beyond."""
