"""The teacher's phone: ports (the device), store, capture, sync, use cases, screens."""
