"""What the operator answers for: ground that the map does not know, and that is safe all the same."""

import micropython
from micropython import const


class Release:
    """Ground that the operator knows to be safe, for one motion: transport. Ends by time, by distance, by `end`;
    whoever gives it writes it to the log. One that covers what is kept off, too, has to be asked for by name: a rover
    that stands within the stand-off of its own find has to get out of it."""

    MOST_MS = const(60_000)
    MOST_MM = const(20_000)

    def __init__(self):
        self.end()

    def give(self, time_ms, travel_mm, kept_off=False):
        """From now on, until either is used up. ValueError above MOST_MS, MOST_MM, or when nothing is given."""
        if not 0 < time_ms <= self.MOST_MS or not 0 < travel_mm <= self.MOST_MM:
            raise ValueError(
                "a release lasts 1..%d ms and 1..%d mm, not %d ms and %d mm"
                % (self.MOST_MS, self.MOST_MM, time_ms, travel_mm)
            )
        self.left_ms = time_ms
        self._left_um = travel_mm * 1000
        self.kept_off = kept_off

    def end(self):
        """No longer."""
        self.left_ms = 0
        self._left_um = 0
        self.kept_off = False

    @micropython.native
    def spend(self, elapsed_ms, went_um):
        """Once a tick: time, and way of the track that went farther. Returns whether it goes on."""
        self.left_ms -= elapsed_ms
        self._left_um -= went_um
        if self.left_ms <= 0 or self._left_um <= 0:
            self.end()
            return False
        return True
