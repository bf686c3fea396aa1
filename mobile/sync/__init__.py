"""Sync: facts up, photos up, changes down (docs/protocol.md). Every step may be repeated."""
