"""The world a rover drives through: ground, buried objects, front end, tracks and motors. No rig in here; imports no
other room of hil.
"""
