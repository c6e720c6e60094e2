"""What is missing on this laptop or wrong with its boards, and what to do about it. Imports `connected` and below."""
