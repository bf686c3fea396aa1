"""The ports of the web app.

WebCrypto, IndexedDB, canvas and fetch, in the worker where Python runs (Pyodide).

What passes through: bytes from the core to JavaScript and back. Only this package imports js and
pyodide, and only bridge.py by name. Everything waits on promises from the event loop; nothing needs
JSPI.
"""
