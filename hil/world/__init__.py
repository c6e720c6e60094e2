"""The world a rover drives through: ground, buried objects, the detector's front end, tracks and motors. No rig in
here.
"""
