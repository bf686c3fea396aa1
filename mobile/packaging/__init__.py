"""Packaging: makes the web app (`make app`), the APK and the IPA, on a developer's machine only.

In: the repository's main.py, mobile/, shared/ and assets/, the phone's dependencies at the versions
of requirements.lock, and Flet's own web client with the Python runtime that comes in the same
locked package. Out: `build/stage/<target>/` (the staged tree) and `build/app/` (a whole site for
any static server, under `/app/`). The app never imports this package, and no address of a registry
is written here.

The window and the app (which runs in a worker) talk through `js.doorstep`, described in README.md.
"""
