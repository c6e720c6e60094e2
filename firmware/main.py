"""Starts Sapper. Frozen into the image, so that no file on the board takes its place."""

import slots

slots.start()
