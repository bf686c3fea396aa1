"""What a teacher can do, one verb a module.

Each takes the `Phone` (ports and store) first and knows no screen.
"""
