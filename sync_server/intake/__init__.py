"""The files real offices send (xls, xlsx, csv) come in; checked values and a row-by-row report go out.

    bytes ─► sheet.py ─► columns.py ─► cells.py ─► due_list · contacts · areas · repayments ─► parsed.py

Nothing here touches a database: who imports decides what to do with the report. The spreadsheet reader is loaded only
inside `sheet.py`'s functions, and those run in a short-lived process (`worker.py`).
"""
