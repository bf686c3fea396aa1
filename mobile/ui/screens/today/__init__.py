"""Today and its head."""
