"""Records: what teachers write down of a case.

One kind is one module with a `KIND`; registry.py finds them.
"""
