"""The scenarios: what a board has to do, whatever the rig. `pytest hil/scenarios --rig virtual`.

Imports hil.testing and below.
"""
