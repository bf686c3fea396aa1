"""Read the files that offices send (xls, xlsx, csv): checked values and a report row by row.

    bytes ─► sheet.py ─► columns.py ─► cells.py ─► due_list · contacts · areas · repayments
                 └─► describe.py ───────────────────────────────────────────└─► parsed.py

Nothing here uses a database: the caller decides what to do with the report. The spreadsheet reader
is loaded only inside `sheet.py`'s functions, and those run in a short-lived process (`worker.py`).
"""
