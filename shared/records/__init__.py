"""Records: what teachers write down of a case. One kind of record is one module with a `KIND`; registry.py finds them."""
