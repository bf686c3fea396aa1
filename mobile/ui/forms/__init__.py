"""One file a record kind with its questions; the rest is what all forms share."""
