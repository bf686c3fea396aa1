"""Facts go up, changes come down, photos travel apart (docs/protocol.md). Everything may be repeated."""
