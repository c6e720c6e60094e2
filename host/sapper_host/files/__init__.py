"""Where Sapper keeps things on a laptop, and how a file is written whole or not at all. Imports `errors` alone."""
