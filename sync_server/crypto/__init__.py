"""The server's keys: receipts, boxes opened with its key, TLS certificates of an office without a domain."""
