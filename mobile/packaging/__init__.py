"""Packaging: turns the tree into the web app (`make app`), the APK and the IPA. Runs on a developer's machine only.

What passes through: the repository's main.py, mobile/, shared/ and assets/, the phone's dependencies at the versions of
requirements.lock, and Flet's own web client with the Python runtime that comes in the same locked package. What leaves:
`build/stage/<target>/` (the staged tree) and `build/app/` (a whole site for any static server, under `/app/`).
Nothing of the app imports this; no address of any registry or network stands here.

The window and the app (which runs in a worker) talk through `js.doorstep`, described in README.md beside this file.
"""
