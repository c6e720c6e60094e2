"""The virtual clock: microseconds since the rig was made. It moves when the program waits, and by the declared costs.

The rig grants time in slices: up to `limit` all that comes into the board is known. Reaching it hands the outputs over
and waits for more (`turn`, given by exchange.py). Whoever wants to act at an instant in between sets an alarm.
"""

NEVER = 1 << 62

# What the board's work takes, in microseconds: the arithmetic of a frame, the rest of a tick, a look at the clock, a
# start from reset to main.py. Figures of the virtual Pico; docs/rigs.md says what they are good for.
FRAME_US = 1100
TICK_US = 900
LOOK_US = 1
START_US = 150_000

now = 0
limit = 0
reset_at = 0  # when this run of the board began
stop_at = 0  # the nearest of limit and alarms
turn = None

_alarms = {}  # name -> [time, function]


def advance(us):
    """Let so much time pass."""
    advance_to(now + us)


def advance_to(t):
    """Let time pass until `t`."""
    global now
    while t >= stop_at:
        now = max(now, stop_at)
        if stop_at == limit:
            turn()
            grant(limit)
        else:
            _ring()
    if t > now:
        now = t


def grant(until):
    """The time up to which all inputs are known."""
    global limit
    limit = until
    _plan()


def alarm(name, at, function):
    """Call `function` when the clock reaches `at`; one alarm a name. NEVER takes it away."""
    if at == NEVER:
        _alarms.pop(name, None)
    else:
        _alarms[name] = (at, function)
    _plan()


def _plan():
    global stop_at
    stop_at = limit
    for at, _ in _alarms.values():
        if at < stop_at:
            stop_at = at


def _ring():
    for name in list(_alarms):
        at, function = _alarms[name]
        if at <= now:
            del _alarms[name]
            _plan()
            function()
            return
    _plan()
