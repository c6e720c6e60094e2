"""What the board keeps: files in flash, and RAM that outlives a reset. Imports `shared` and `crypto`."""
