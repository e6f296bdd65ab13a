"""From what a user says to what the kernel reads, and back: options, wishes, states, runs."""
