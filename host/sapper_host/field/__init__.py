"""An area searched in lanes: its file, the plan, the mission that drives it, and what that may claim. Imports
`operate`, `pictures` and below.
"""
