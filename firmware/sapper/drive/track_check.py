"""Does a track do what its motor is told? Only net progress in the driven direction, in proportion to the duty, counts.

`_look` judges one track: still, alternating, wrong way, more counts than the motor can give, moving undriven.
`_compare` holds both against each other: what a grade or a low supply does to one it does to the other, so a track
that makes less of its duty than its neighbour loses counts. All speeds in mm/s, forward positive.
"""

from array import array

import micropython
from micropython import const
from sapper.shared.limits import DRIVEN_OVER_PM, DRIVEN_PM, TICK_MS

# As in TRACK_FAULTS, which a test holds them to: viper takes constants alone.
_STILL_FAULT = const(1)
_ALTERNATING = const(2)
_WRONG_WAY = const(3)
_TOO_FEW = const(4)
_TOO_MANY = const(5)
_UNDRIVEN = const(6)
_STANDS = const(7)  # one of the first four, as it looks

_WINDOW_MS = const(80)  # of TrackSpeed
_STILL_MM = const(2)  # net, in the time of encoder_fault_ms, and no less than two ticks: a track that stands does not
_LEAST_FF_PM = const(200)  # a feed-forward below is no machine's, and would make the model endless

_ROCKING = const(16)  # undriven ticks x 4 in the leaky window; fewer can be the rover rocking
# Millimetres here are in mm/s x ticks of 10 ms: 100 to the millimetre.
_WRONG = const(2000)  # a track that is reversed may roll on so far
_OVER = const(3000)
_LACKING = const(400)
_IN_A_TICK = const(75)  # of it, so that it takes most of the speeds' window and shows what it is
_STRONG_PM = const(300)  # from here on a track that is far faster than its duty is no downhill
_GRADE_MM_S = const(50)
_STEADY_MM_S = const(5)  # in a tick: so much the tracks' targets part while a lane is kept straight
_LOAD_MM_S = const(69)  # what loose ground under one track (60 mm/s), or one worse motor, may take ...
_LOAD_SHARE = const(22)  # ... and of the speed, in 1/256
_MISFIT = const(82)  # in 1/256: so far the motor's figures may be off, which shows where the tracks' speeds differ
_SCRUB_MM_S = const(
    75
)  # more, where a turn on the spot scrubs both tracks and a slope holds the one and pushes the other
_BIAS_MM_S = const(20)  # what a motor's figures may be off, without meaning a grade
_ALONE_MM_S = const(250)  # more, while the other track is not driven and tells no grade

# A track's state, an array of:
_MODEL = const(0)  # speed that the duty should give, in 1/16 mm/s ...
_LAG = const(1)  # ... and as the encoder's window would show it
_STILL = const(2)  # ticks driven without progress, net ticks and all ticks in them
_NET = const(3)
_BUSY = const(4)
_WRONG_WAY_SO_FAR = const(5)
_OVER_SO_FAR = const(6)
_FASTER = const(7)
_FREE = const(8)  # ticks not driven
_STRAYS = const(9)
_MISSING = const(10)  # how far it is behind what its duty should give, in the driven direction, mm/s
_TARGET = const(11)
_DRIVEN = const(12)  # 0 when nothing is asked of it, else the direction
_MOVING = const(13)  # 0 until it has made progress, _PROGRESS in the tick in which it does
_SPEED = const(14)
_LACKS = const(15)  # mm/s x ticks that it is behind the other track
_EXCUSED = const(16)  # ticks without progress that the other one's next progress is to excuse
_CHANGING = const(17)  # from here on what `configure` sets
_LIMIT = const(17)
_COAST = const(18)
_MIN_PM = const(19)
_GAIN = const(20)
_FROM_PM = const(21)
_TOP_MM_S = const(22)
_STEP_MM_S = const(23)
_STILL_TICKS = const(24)
_WORDS = const(25)

_MOVED = const(1)
_PROGRESS = const(2)


@micropython.viper
def _look(s: ptr32, other: ptr32, duty: int, ticks: int) -> int:
    """One track's frame; target and speed are in the state. Duty of the last frame, ticks of this one, signed.

    A loop that wants to move but gives duty 0 for a while (downhill) is still driving.
    """
    target = s[_TARGET]
    speed = s[_SPEED]
    size = duty if duty > 0 else 0 - duty
    busy = ticks if ticks > 0 else 0 - ticks
    ahead = 0
    if size > s[_MIN_PM]:
        ahead = (size - s[_MIN_PM]) * s[_GAIN] >> 6
    if duty < 0:
        ahead = 0 - ahead
    model = s[_MODEL]
    model += (ahead - model) >> 3
    s[_MODEL] = model
    lag = s[_LAG]
    lag += (model - lag) >> 2
    s[_LAG] = lag
    if target == 0 and duty == 0:
        s[_STILL] = 0
        s[_NET] = 0
        s[_WRONG_WAY_SO_FAR] = 0
        s[_DRIVEN] = 0
        s[_MOVING] = 0
        s[_EXCUSED] = 0
        s[_MISSING] = 0
        s[_LACKS] = 0
        s[_FREE] += 1
        if s[_FREE] <= s[_COAST]:
            return 0
        # A leaky count: lone ticks drain away, a rolling track fills it.
        strays = s[_STRAYS] + busy * 4
        if strays > 0:
            strays -= 1
        s[_STRAYS] = strays
        return _UNDRIVEN if strays > _ROCKING else 0
    s[_FREE] = 0
    s[_STRAYS] = 0
    lag >>= 4
    driven = 1
    net = ticks
    if duty < 0 or duty == 0 and target < 0:
        driven = 0 - 1
        net = 0 - ticks
        lag = 0 - lag
        speed = 0 - speed
    s[_DRIVEN] = driven
    missing = lag - speed
    s[_MISSING] = missing
    if s[_MOVING] == _PROGRESS:
        s[_MOVING] = _MOVED
    if size >= s[_FROM_PM]:
        s[_STILL] += 1
        net += s[_NET]
        least = 0 - s[_STILL_TICKS]
        # A track that is reversed may roll on: no more than that is to be made good.
        s[_NET] = net if net > least else least
        s[_BUSY] += busy
        if other[_MOVING] == _PROGRESS:
            s[_EXCUSED] = 0
        if s[_NET] >= s[_STILL_TICKS]:
            s[_MOVING] = _PROGRESS
            s[_STILL] = 0
            s[_EXCUSED] = 0
            s[_NET] = 0
            s[_BUSY] = 0
        else:
            grade = other[_MISSING]
            if other[_DRIVEN] != driven:
                grade = 0 - grade
            if other[_DRIVEN] != 0 and other[_MOVING] != 0 and missing - _GRADE_MM_S < grade:
                # It stands on a grade that the other one climbs: which its progress has to show, or both count.
                s[_STILL] -= 1
                s[_EXCUSED] += 1
            if s[_STILL] + s[_EXCUSED] > s[_LIMIT]:
                s[_MOVING] = 0
                return _STANDS
    if speed < 0 and lag > 0:
        s[_WRONG_WAY_SO_FAR] -= speed
        if s[_WRONG_WAY_SO_FAR] > _WRONG:
            return _WRONG_WAY
    else:
        s[_WRONG_WAY_SO_FAR] = 0
    over = s[_OVER_SO_FAR] - s[_TOP_MM_S]
    over += speed if speed > 0 else 0 - speed
    if over < 0:
        over = 0
    s[_OVER_SO_FAR] = over
    if size >= _STRONG_PM and 2 * speed > 7 * lag:
        s[_FASTER] += 1
    else:
        s[_FASTER] = 0
    return _TOO_MANY if over > _OVER or s[_FASTER] > s[_LIMIT] else 0


@micropython.viper
def _looks_like(s: ptr32) -> int:
    """What a track that lacks counts looks like."""
    step = 2 * s[_STEP_MM_S]
    speed = s[_SPEED] * s[_DRIVEN]
    if s[_STILL] + s[_EXCUSED] == 0:
        return _TOO_FEW
    if speed + step < 0:
        return _WRONG_WAY
    if speed > step:
        return _TOO_FEW
    return _ALTERNATING if s[_BUSY] > 3 else _STILL_FAULT


@micropython.viper
def _compare(left: ptr32, right: ptr32, turn: ptr32) -> int:
    """0, or 1 when the left track lacks counts against the right one, 2 the other way round. turn: the difference of
    the targets, and how much it has changed of late, which a halt does not make forgotten."""
    # Where one is asked to change its speed and the other is not, a heavy motor lags.
    target = left[_TARGET]
    other = right[_TARGET]
    apart = target - other
    change = apart - turn[0]
    turn[0] = apart
    unsteady = turn[1]
    unsteady += (change if change > 0 else 0 - change) - _STEADY_MM_S - (unsteady >> 5)
    if unsteady < 0:
        unsteady = 0
    turn[1] = unsteady
    faster = (target if target > 0 else 0 - target) - (other if other > 0 else 0 - other)
    slack = _LOAD_MM_S + unsteady + ((faster if faster > 0 else 0 - faster) * _MISFIT >> 8)
    to_left = left[_MISSING]
    to_right = right[_MISSING]
    if left[_DRIVEN] == right[_DRIVEN]:
        to_left -= to_right
        to_right = 0 - to_left
    elif left[_DRIVEN] != 0 and right[_DRIVEN] != 0:
        # A grade holds one and pushes the other; a heavy motor, or ground that is scrubbed, holds both. Both at once
        # cannot be told apart from a track that lacks.
        slack += _SCRUB_MM_S
        from_left = (to_left if to_left > 0 else 0 - to_left) - _BIAS_MM_S
        from_right = (to_right if to_right > 0 else 0 - to_right) - _BIAS_MM_S
        if from_right > 0:
            to_left -= from_right
        if from_left > 0:
            to_right -= from_left
    else:
        slack += _ALONE_MM_S
    speed = left[_SPEED]
    lacks = left[_LACKS]
    if left[_DRIVEN] != 0:
        more = to_left - slack - ((speed if speed > 0 else 0 - speed) * _LOAD_SHARE >> 8)
        lacks += more if more < _IN_A_TICK else _IN_A_TICK
    left[_LACKS] = lacks if lacks > 0 else 0
    if lacks > _LACKING:
        return 1
    speed = right[_SPEED]
    lacks = right[_LACKS]
    if right[_DRIVEN] != 0:
        more = to_right - slack - ((speed if speed > 0 else 0 - speed) * _LOAD_SHARE >> 8)
        lacks += more if more < _IN_A_TICK else _IN_A_TICK
    right[_LACKS] = lacks if lacks > 0 else 0
    return 2 if lacks > _LACKING else 0


class TrackCheck:
    """One track; `step` every frame. state: of the kernels above."""

    def __init__(self, settings):
        self.state = array("i", [0] * _WORDS)
        self.configure(settings)

    def configure(self, settings):
        """Take times and the motor's figures."""
        state = self.state
        least = settings.get("motor_min_pm")
        gain = (1000 << 10) // max(_LEAST_FF_PM, settings.get("motor_ff_pm"))
        state[_LIMIT] = settings.get("encoder_fault_ms") // TICK_MS
        state[_COAST] = settings.get("coast_ms") // TICK_MS
        state[_MIN_PM] = least
        state[_GAIN] = gain
        # A loop at its very limit drives, whatever that is set to.
        state[_FROM_PM] = min(settings.get("duty_max_pm"), max(DRIVEN_PM, least + DRIVEN_OVER_PM))
        state[_TOP_MM_S] = 3 * ((1000 - least) * gain >> 10) // 2
        state[_STEP_MM_S] = 1_000_000 // (_WINDOW_MS * settings.get("ticks_per_m"))
        state[_STILL_TICKS] = max(2, _STILL_MM * settings.get("ticks_per_m") // 1000)
        self.reset()

    def reset(self):
        """Start afresh, as after arming."""
        state = self.state
        for i in range(_CHANGING):
            state[i] = 0
        state[_FREE] = state[_COAST]  # it stands: nothing to roll out


class TrackPair:
    """Both tracks' checks; `step` every frame. side: -1, or which track the last step found at fault; how: as what."""

    def __init__(self, left, right):
        self._left = left.state
        self._right = right.state
        self._turn = array("i", [0, 0])
        self.side = -1
        self.how = 0

    def reset(self):
        """Start afresh, as after arming."""
        self._turn[0] = self._turn[1] = 0

    @micropython.native
    def step(self, targets, duties, ticks, speeds):
        """(left, right), signed: targets, duties of the last frame; ticks, speeds of this one. True on a fault."""
        left = self._left
        right = self._right
        left[_TARGET] = targets[0]
        right[_TARGET] = targets[1]
        left[_SPEED] = speeds[0]
        right[_SPEED] = speeds[1]
        of_left = _look(left, right, duties[0], ticks[0])
        of_right = _look(right, left, duties[1], ticks[1])
        behind = _compare(left, right, self._turn)
        if of_left or of_right or behind:
            self._tell(of_left, of_right, behind)
            return True
        return False

    def _tell(self, of_left, of_right, behind):
        """What a track shows alone comes first; of two that differ, the one further from its duty is at fault."""
        sides = (self._left, self._right)
        if of_left or of_right:
            self.side, self.how = (0, of_left) if of_left else (1, of_right)
            if self.how == _STANDS:
                self.how = _looks_like(sides[self.side])
            return
        one, other = sides[behind - 1], sides[2 - behind]
        if one[_DRIVEN] == other[_DRIVEN] and -other[_MISSING] > one[_MISSING]:
            self.side, self.how = 2 - behind, _TOO_MANY
        else:
            self.side, self.how = behind - 1, _looks_like(one)
