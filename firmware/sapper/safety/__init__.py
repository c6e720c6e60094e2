"""What must hold, and what happens when it does not: supervisor, watch, checks, arming. Pure; imports `detector`,
`storage`, `update` and what is below them.
"""
