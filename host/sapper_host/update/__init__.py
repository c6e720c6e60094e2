"""A changed application onto boards, verified: bundles, the wire, several boards. Imports `connected` and below."""
