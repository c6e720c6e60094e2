"""The bench's chips, register by register after their data sheets, on a bus that hangs, comes loose and is unplugged.

Only the faces that Blinka's drivers and `parts` see; what the outputs do to a rover is told by callbacks.
"""
