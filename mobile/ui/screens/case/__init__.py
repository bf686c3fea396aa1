"""The screen of one case and what only it shows."""
