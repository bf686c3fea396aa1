"""The server's keys: receipts, encryption with phones, TLS for an office without a domain."""
