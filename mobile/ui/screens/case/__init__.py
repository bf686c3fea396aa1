"""One case and what only its screen shows."""
