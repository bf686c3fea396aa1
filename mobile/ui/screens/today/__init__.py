"""The Today screen and its header."""
