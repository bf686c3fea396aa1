"""The phone's SQLite through sqlite-utils. Clear columns are id, n, kind, state and times.

Bodies are encrypted.
"""
