"""The entry for `flet run`, for the packaged apps, and for `python main.py` (a preview when DOORSTEP_APP_PORT is set)."""

from mobile.app import start

start()
