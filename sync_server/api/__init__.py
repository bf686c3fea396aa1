"""The phones' API: enrolment, facts, changes, photos (tus), hand-over and health.

School and teacher come from the token, never from a request.
"""
