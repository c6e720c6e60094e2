"""The virtual clock: microseconds since the present batch began. It moves by waiting, and by declared costs.

The rig grants time in slices: up to `limit` all that comes into the board is known. Reaching it hands the outputs over
and waits for more (`turn`, given by exchange.py). Whoever wants to act at an instant in between sets an alarm. Times
count from the batch's beginning so that they stay small integers: at each new batch `rebase` moves everyone's.
"""

import micropython
from micropython import const

NEVER = (1 << 30) - 1

# What the board's work takes, in microseconds: the arithmetic of a frame, the rest of a tick, a look at the clock, a
# start from reset to main.py. Figures of the virtual Pico; docs/rigs.md says what they are good for.
FRAME_US = 1300
TICK_US = 1000
LOOK_US = const(1)
START_US = 150_000

now = 0
limit = 0
stop_at = 0  # nothing is due before: the nearest of limit and alarms, or earlier
turn = None
movers = []  # functions(us) that take so much off the times they keep

_alarms = {}  # name -> [time, function]


@micropython.viper
def look() -> int:
    """The time, by a look that takes its while."""
    global now
    t = int(now) + LOOK_US
    if t >= int(stop_at):
        _pass(t)
        return int(now)
    now = t
    return t


@micropython.viper
def advance(us: int):
    """Let so much time pass."""
    global now
    t = int(now) + us
    if t >= int(stop_at):
        _pass(t)
    elif us > 0:
        now = t


@micropython.viper
def advance_to(t: int):
    """Let time pass until `t`."""
    global now
    if t >= int(stop_at):
        _pass(t)
    elif t > int(now):
        now = t


def _pass(t):
    """Time passes until `t`, with all that is due on the way."""
    global now
    while t >= stop_at:
        if now < stop_at:
            now = stop_at
        if stop_at == limit:
            t -= limit
            turn()
        else:
            _ring()
    if t > now:
        now = t


def rebase(us):
    """The next batch begins so much later than the present one."""
    global now
    now -= us
    for alarm_ in _alarms.values():
        alarm_[0] -= us
    for move in movers:
        move(us)


def grant(until):
    """The time up to which all inputs are known."""
    global limit
    limit = until
    _plan()


@micropython.native
def alarm(name, at, function):
    """Call `function` when the clock reaches `at`; one alarm a name. NEVER takes it away.

    An alarm that is put off, as two are in every tick, leaves `stop_at` where it was: it is planned anew there.
    """
    global stop_at
    if at == NEVER:
        _alarms.pop(name, None)
        return
    if name in _alarms:
        _alarms[name][0] = at
    else:
        _alarms[name] = [at, function]
    if at < stop_at:
        stop_at = at


def _plan():
    global stop_at
    stop_at = limit
    for alarm_ in _alarms.values():
        if alarm_[0] < stop_at:
            stop_at = alarm_[0]


def _ring():
    for name, (at, function) in list(_alarms.items()):
        if at <= now:
            del _alarms[name]
            _plan()
            function()
            return
    _plan()
