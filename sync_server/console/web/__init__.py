"""What every page stands on: access, sessions, forms, headers, rendering, errors."""
