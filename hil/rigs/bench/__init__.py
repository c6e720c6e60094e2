"""The rig `bench`: a real board, or two emulated Picos wired together, behind the capabilities of every rig.

Imports hil.bench, and hil.rigs.virtual where the bench is emulated.
"""
