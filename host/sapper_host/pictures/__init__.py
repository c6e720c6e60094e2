"""Maps, traces and the wiring, drawn. Imports `recordings` and below."""

import logging

# Its own remarks, as on a home folder that cannot be written: it does without.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
