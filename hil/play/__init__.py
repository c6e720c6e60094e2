"""A rig, played: a person at its console, a recording, a world in closed loop, a lane. Imports `rigs`, `world`,
`traces`.
"""
