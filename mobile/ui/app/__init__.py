"""What every screen uses: state, navigation, error handling, session lock, auto sync, theme."""
