"""What every page uses: access, sessions, forms, headers, rendering, errors."""
