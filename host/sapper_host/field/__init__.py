"""An area searched in lanes: its file, the plan, what the plan would reach, and the mission that is under way. Imports
`pictures` and below.
"""
