"""What others wrote, made fit to be used: text to show, numbers, JSON. Imports nothing of ours."""
