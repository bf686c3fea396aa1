"""One verb a file. Each takes the `Phone` (ports and store) first; none knows a screen."""
