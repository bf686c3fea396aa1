"""What the phone and the office agree on: pure values and rules, no I/O, no clock, no randomness, no UI."""
