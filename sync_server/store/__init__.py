"""All SQL lives here: SQLAlchemy Core over SQLite or PostgreSQL, one writer thread, dense feeds."""
