"""`doorstep`: the office's verbs on a command line, one module a topic."""
