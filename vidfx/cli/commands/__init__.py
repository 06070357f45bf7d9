"""One module for each command: its options, and the one call that does the work."""
