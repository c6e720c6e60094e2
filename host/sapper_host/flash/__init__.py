"""A whole firmware onto boards, verified. Imports `connected` and below."""
