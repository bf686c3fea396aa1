"""Whether a sealed file is whole, whose it is, and whether its data agree. Offline."""
