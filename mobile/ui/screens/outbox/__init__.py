"""The outbox and the hand-over file at its end."""
