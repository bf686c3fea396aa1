"""When a photo counts as sharp: one limit for the phone that takes it and the office."""

SHARP_FROM = 60.0
"""Least variance of the Laplacian at 800 px (Fitted.sharpness) of a sharp photo.

Measured on slips drawn from six seeds: sharp ones 375 to 690, shaken ones 5 to 26. With growing
blur the slip's QR is read at 69 and above, sometimes down to 39, never at 39 or less: at 60 no
unreadable paper counts as sharp.
"""
