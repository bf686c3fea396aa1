"""What every screen stands on: state, navigation, guard, session lock, auto sync, appearance, theme."""
