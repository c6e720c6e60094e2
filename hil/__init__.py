"""The rigs: the same firmware emulated, simulated, and on a bench."""
