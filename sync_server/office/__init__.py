"""The office's acts, one module each; console and command line call the same ones (ADR 0007)."""
