"""Flet screens over use cases: routes, screens, forms, components, app. Each imports only from those after it."""
