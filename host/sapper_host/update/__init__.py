"""A changed application onto boards, verified: bundles, the wire, many boards at once. Imports `board` and below."""
