"""Flet screens over the use cases: routes, screens, forms, components, app.

Each imports only from those named after it.
"""
