"""What more than one page shows, put together for its templates."""
