"""The rigs: the same firmware emulated, simulated, and on a bench; the world around them; what is proved with them."""
