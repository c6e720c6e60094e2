"""Health of the detector: what makes it blind, each a named fault that only the operator clears."""

from array import array

from sapper.events import FAULTS

# name (of events.FAULTS), meaning, remedy
TABLE = (
    ("stuck_gate0", "gate 0 repeats the same value", "check the sampler of gate 0 and its strobe"),
    ("stuck_gate1", "gate 1 repeats the same value", "check the sampler of gate 1 and its strobe"),
    ("stuck_gate2", "gate 2 repeats the same value", "check the sampler of gate 2 and its strobe"),
    ("saturated", "a gate is at a rail of its range", "move away from large metal; check the front end's offset"),
)
CODE = {row[0]: FAULTS.index(row[0]) for row in TABLE}
RAIL_LOW = 400
RAIL_HIGH = 65136
RAIL_FRAMES = 10
STUCK_LEAST = 15
STUCK_MOST = 80


class Health:
    """Feed `step` every frame; `fault` is latched until `clear`."""

    def __init__(self, settings):
        self._settings = settings
        self._last = array("i", [-1, -1, -1])
        self._run = array("i", [0, 0, 0])
        self._rate = array("i", [0, 0, 0])
        self._rail = 0
        self.fault = 0
        self.configure()

    def configure(self):
        """Read the settings again."""

    def reset(self):
        """Forget runs; a latched fault stays."""
        for g in range(3):
            self._run[g] = 0
            self._last[g] = -1
        self._rail = 0

    def clear(self):
        """The operator's word that the fault was dealt with."""
        self.fault = 0
        self.reset()

    def step(self, frame, t_ms):
        """One frame; true when a new fault was raised."""
        code = 0
        rail = False
        for g in range(3):
            v = frame[g]
            if v == self._last[g]:
                self._run[g] += 1
                if self._run[g] < 30:
                    self._rate[g] += (100 * 64 - self._rate[g]) >> 6
                if self._run[g] >= min(STUCK_MOST, STUCK_LEAST + (self._rate[g] >> 6)):
                    code = CODE["stuck_gate0"] + g
            else:
                self._run[g] = 0
                self._last[g] = v
                self._rate[g] -= self._rate[g] >> 6
            if v < RAIL_LOW or v > RAIL_HIGH:
                rail = True
        self._rail = self._rail + 1 if rail else 0
        if self._rail >= RAIL_FRAMES:
            code = CODE["saturated"]
        if code and not self.fault:
            self.fault = code
            return True
        return False
