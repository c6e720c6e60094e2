"""A whole firmware onto boards, verified. Imports `board` and below."""
