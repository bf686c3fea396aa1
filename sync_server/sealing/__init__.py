"""The sealed summary: making it, reading its scanned paper, checking a sealed file. `seal` and `rollup` use all three."""
