"""The office's verbs, one a file: the console and the command line call the same ones (ADR 0007)."""
