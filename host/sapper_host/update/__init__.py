"""A changed application onto boards, verified: bundles, the wire, and many boards at once. Imports `board` and below."""
