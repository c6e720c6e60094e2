"""The two tracks: speed loops, dead reckoning, and whether a track does what it is told. Pure; imports `safety`,
`shared`.
"""
