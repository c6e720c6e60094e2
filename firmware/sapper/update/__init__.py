"""Taking an update, and what runs now. Imports `shared` and `crypto`, and the board's own module `slots`."""
