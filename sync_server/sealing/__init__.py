"""The sealed summary: compose, print, read the scan, sign, verify and roll up."""
