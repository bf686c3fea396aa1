"""The camera screen."""
