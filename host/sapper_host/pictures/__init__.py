"""Maps, traces and the wiring, drawn. Imports `recordings` and below."""
