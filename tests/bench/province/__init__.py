"""A province by a load simulation at a stated fraction, and the arithmetic to the whole: docs/scale.md.

Two axes are measured apart: what a call costs over databases of several sizes (`calls.py`), and a morning of phones in
the order and at the pace they come (`morning.py`). What is divided by what: processor seconds of the server and of the
database by calls, by phones and by people; growth exponents are slopes over the size of the database.

`python -m tests.bench.province` measures, and writes found.json and docs/scale.md; `--write` makes the page alone.
"""
