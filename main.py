"""The entry for `flet run`, the packaged apps and `python main.py`.

With DOORSTEP_APP_PORT set it serves a preview.
"""

from mobile.app import start

start()
