"""The phone's SQLite through sqlite-utils. Clear columns are id, n, kind, state and times; bodies are sealed."""
