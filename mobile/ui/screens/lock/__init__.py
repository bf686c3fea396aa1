"""The lock screen, and the recovery of a forgotten PIN."""
