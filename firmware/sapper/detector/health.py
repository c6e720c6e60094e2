"""Health of the detector: what makes it blind, each a named fault, latched until the operator clears it.

A gate is judged in 50..100 ms where its samples decide (a rail that no body explains), and as soon as its own noise
allows where they do not: a frozen gate repeats its value, give or take the converter's noise, but a quiet one does so
too now and then, so the run that counts as frozen is learned from how often the gate repeats itself: 0.18 to 0.8 s.
"""

from array import array

import micropython
from micropython import const
from sapper.detector.rail import HIGH, JUMPED, LAST, LEVEL, LOW, NO_PULSE, RAIL, STATE, Rail
from sapper.shared.events import FAULTS
from sapper.shared.limits import TIME_WRAP_MS

STUCK_GATE0 = FAULTS.index("stuck_gate0")
NOISE = FAULTS.index("noise")
WARMING_UP = FAULTS.index("warming_up")
SUPPLY = FAULTS.index("supply")

_STUCK_LEAST = const(18)  # frames
_STUCK_MOST = const(80)
_SUPPLY_FRAMES = const(50)
_QUIET_FRAMES = const(25)  # with under a third of the usual noise in all gates: by chance one frame in a hundred
_MOVED_MM = const(50)
_YOUNG_FRAMES = const(64)  # so long what is usual follows the roughness of 32 frames: learned over 512 it takes seconds

# Indices into the state array, gate by gate but for _QUIET; rail.py has the others.
_BEFORE = const(3)
_RUN = const(6)
_REPEATS = const(9)
_ROUGH = const(12)
_USUAL = const(15)
_CLIP = const(24)
_QUIET = const(27)
_LIMIT = const(28)
_OLDER = const(31)


@micropython.viper
def _watch(frame: ptr32, state: ptr32, s_mm: int, in_sight: int) -> int:
    """Follow each gate: its run of values that repeat; how often it repeats itself (1/1024 of frames, over 64); its
    roughness (mean size of the second difference, in 1/16) over 32 frames and over 512; frames at a rail, and whether a
    jump led there; its level over 128 frames of ground; and frames in which all gates are quiet, or the coil stands
    still. Returns 0 where nothing is near a fault. What a gate usually does is not learned at a rail.

    A jump: 1 V within two frames, or four times what the frame before moved and 0.3 V. A body's flank grows by a fifth
    in a frame and by 0.6 V in two, at the fastest sweep over the shallowest body.

    A value repeats the last one within 28: four deviations of the difference of two means of twenty samples with 1.36
    LSB of the converter's noise each; and within half of the roughness that is usual for the gate.
    A second difference is below 2^18; in 1/16 below 2^22.
    """
    away = s_mm - state[40]
    if away < 3 and away > -3:
        state[41] += 1
    else:
        state[40] = s_mm
        state[41] = 0
    g = 0
    quiet = 0
    near = 0
    while g < 3:
        v = frame[g]
        last = state[g]
        if v < 500 or v > 65040:
            near = 1
            rail = state[18 + g]
            if v - last > 32768 or last - v > 32768:  # from one rail to the other
                rail = 0
            if rail == 0:
                jump = v - state[3 + g]
                if jump < 0:
                    jump = 0 - jump
                step = state[3 + g] - state[31 + g]
                if step < 0:
                    step = 0 - step
                state[21 + g] = 0
                if jump >= 20000 or jump > 4 * step + 6000:
                    state[21 + g] = 1
            state[18 + g] = rail + 1
            state[6 + g] = 0
        else:
            state[18 + g] = 0
            moved = v - last
            if moved < 0:
                moved = 0 - moved
            still = state[15 + g] >> 5
            if still > 28:
                still = 28
            if moved <= still:
                state[6 + g] += 1
                if state[6 + g] >= 18:
                    near = 1
            else:
                run = state[6 + g]
                if run > 16:
                    run = 16
                state[9 + g] += ((1024 - state[9 + g]) * run) >> 6
                state[9 + g] -= state[9 + g] >> 6
                state[6 + g] = 0
            bend = v - 2 * last + state[3 + g]
            if bend < 0:
                bend = 0 - bend
            if bend * 48 < state[15 + g]:
                quiet += 1
            if bend > state[24 + g]:
                bend = state[24 + g]
            state[12 + g] += ((bend << 4) - state[12 + g]) >> 5
            rough = state[12 + g]
            if rough > 4 * state[15 + g]:  # an object, more likely than other noise: beside it noise is quiet
                rough = 4 * state[15 + g]
            state[15 + g] += ((rough - state[15 + g]) >> 9) + 1
            if state[12 + g] > state[28 + g]:
                near = 1
            if in_sight == 0 and state[18] + state[19] + state[20] == 0:
                state[34 + g] += (v - state[34 + g]) >> 7
        state[31 + g] = state[3 + g]
        state[3 + g] = last
        state[g] = v
        g += 1
    if quiet == 3:
        state[27] += 1
        near = 1
    else:
        state[27] = 0
    return near


_KEPT = (
    tuple(range(_USUAL, _USUAL + 3))
    + tuple(range(_REPEATS, _REPEATS + 3))
    + tuple(range(_CLIP, _CLIP + 3))
    + tuple(range(_LIMIT, _LIMIT + 3))
)


class Health:
    """Feed `step` every frame. `fault`: index into events.FAULTS, latched until `clear`; `blind`: nothing it sees
    counts. `rail`: whether a body holds a gate at its rail (rail.py).
    """

    def __init__(self, settings):
        self._settings = settings
        self._state = array("i", bytes(4 * STATE))
        self._started_ms = -1
        self._frames = 0
        self._young = _YOUNG_FRAMES
        self._supply_frames = 0
        self._moved_from = None
        self._warm = False
        self.fault = 0
        self.blind = False
        self.relearn = False
        self.rail = Rail(self._state)
        self.configure()

    def configure(self):
        """Read the settings again."""
        get = self._settings.get
        # White noise of sigma gives a mean size of the second difference of 0.8 sqrt(6) sigma; frame units, 1/16.
        rough_max = get("det_noise_max_mv") * 196 * 318 // 100
        self._vsys_min = get("det_supply_min_mv") * 65536 // 9900
        self._vsys_max = get("det_supply_max_mv") * 65536 // 9900
        self._warmup_ms = get("det_warmup_ms")
        for g in range(3):  # one jump, three second differences, must stay under the limit
            limit = rough_max * (10 if g == 0 else 1)
            self._state[_LIMIT + g] = limit
            self._state[_CLIP + g] = min(262144, 6 * limit >> 4)

    def restart(self):
        """A new stretch of ground; faults and what is usual stay."""
        self._moved_from = None

    def clear(self):
        """The operator's word that the fault was dealt with. The ground is learned anew if the detector was blind."""
        self.relearn = self.blind
        self.fault = 0
        self.blind = False
        self.rail.held = False
        self._frames = 0
        state = self._state
        for i in range(STATE):
            if i not in _KEPT:
                state[i] = 0
        if self.relearn:
            self._young = _YOUNG_FRAMES
            # Jumps of a front end that was unplugged went into it; beside them the coil's own noise would look quiet.
            for g in range(3):
                state[_USUAL + g] = 0

    @micropython.native
    def step(self, frame, t_ms, s_mm, in_sight):
        """One frame; true when it raised a fault (only the first is kept). `in_sight`: there may be an object."""
        state = self._state
        if self._frames < 3:
            if self._frames == 0:
                self._begin(frame, t_ms)
            self._frames += 1
            return False
        near = _watch(frame, state, s_mm, in_sight)
        if self._young:
            self._young -= 1
            for g in range(3):
                state[_USUAL + g] = state[_ROUGH + g]
        if self.fault:
            return False
        fault = self._gates(s_mm) if near else self.rail.left()
        if not self._vsys_min <= frame[3] <= self._vsys_max:
            fault = fault or self._supply()
        elif self._supply_frames:
            self._supply_frames = 0
        if not self._warm:
            fault = fault or self._early(t_ms, s_mm)
        if not fault:
            return False
        self.fault = fault
        self.blind = fault != STUCK_GATE0 and fault != SUPPLY
        return True

    def _begin(self, frame, t_ms):
        state = self._state
        if self._started_ms < 0:
            self._started_ms = t_ms
            for g in range(3):
                state[_USUAL + g] = 0
        self._supply_frames = 0
        for g in range(3):
            state[LAST + g] = state[_BEFORE + g] = state[_OLDER + g] = state[LEVEL + g] = frame[g]
            state[_ROUGH + g] = state[_USUAL + g]
            if frame[g] < LOW or frame[g] > HIGH:
                state[RAIL + g] = 1
                state[JUMPED + g] = 1

    def _gates(self, s_mm):
        """Fault of the gates, or 0."""
        state = self._state
        stuck = 0
        frozen = 0
        noisy = 0
        for g in range(3):
            run = state[_RUN + g]
            if run >= _STUCK_LEAST:
                frozen += 1
                if run >= min(_STUCK_MOST, _STUCK_LEAST + (state[_REPEATS + g] * 100 >> 10)):
                    stuck = STUCK_GATE0 + g
            if state[_ROUGH + g] > state[_LIMIT + g]:
                noisy = NOISE
        railed = self.rail.judge(s_mm)
        if railed:
            return railed
        if state[_QUIET] >= _QUIET_FRAMES or (stuck and frozen >= 2):
            return NO_PULSE
        return stuck or noisy

    def _supply(self):
        """Fault of the supply, which is outside its limits, or 0."""
        self._supply_frames += 1
        return SUPPLY if self._supply_frames >= _SUPPLY_FRAMES else 0

    def _early(self, t_ms, s_mm):
        """Moving before it is warm is a fault."""
        if (t_ms - self._started_ms) % TIME_WRAP_MS >= self._warmup_ms:
            self._warm = True
            return 0
        if self._moved_from is None:
            self._moved_from = s_mm
        moved = s_mm - self._moved_from
        return WARMING_UP if moved > _MOVED_MM or moved < -_MOVED_MM else 0
