"""What phone and office agree on: pure values and rules; no I/O, clock, randomness or UI."""
