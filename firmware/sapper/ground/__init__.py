"""What was searched, and where a track may go. Pure; imports `shared` and `crypto`."""
