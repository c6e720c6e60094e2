"""Events: what the board tells of its own accord. One table serves text lines, EVENT frames, the log and the host.

A text line reads `* NUMBER T_MS KIND s_mm=S name=value ...`; numbers rise by one and wrap at 65536, so a gap shows a
loss. What each value may be, and the reader of such lines: fields.py.
KINDS rows: id, kind, the names of its integers (at most five), meaning. ENUMS name the values of an integer by its
name, BITS the bits of one. Numbers keep their meaning, as they outlive an update in the kept log and in recordings: a
kind's is not used again, and `-` stands where a name was taken out.
"""

ARGS_MAX = 5

KINDS = (
    (1, "boot", ("cause", "source"), "the firmware started"),
    (2, "state", ("to", "from", "reason"), "the supervisor changed state"),
    (
        3,
        "detect",
        ("strength", "class", "statistic", "level"),
        "alert: the causal statistic crossed its level; before a `look`, a contact's statistic its own",
    ),
    (4, "contact", ("peak_mm", "extent_mm", "strength", "snr_x10", "class"), "one object passed or pinpointed"),
    (5, "fault", ("fault", "track"), "something cannot be trusted; cleared by the operator"),
    (
        6,
        "stop",
        ("reason", "detail"),
        "motors commanded to a stop; detail: all that spoke for it, the reason among them",
    ),
    (7, "verdict", ("verdict",), "the operator's verdict on the last contact"),
    (8, "mark", ("count",), "the marker fired"),
    (9, "link", ("port", "up", "away_ms"), "an operator's link was lost or came back"),
    (10, "refused", ("port", "why", "count"), "a line was refused on a link"),
    (12, "sweep", ("length_mm", "done"), "a sweep began (done=0) or reached its end (done=1)"),
    (13, "covered", ("from_mm", "searched"), "ground from here on counts as searched (1) or not (0)"),
    (14, "log", ("saved",), "the event log was written"),
    (15, "update", ("source", "kept"), "an update on trial proved itself (kept=1), or did not (0) and restarts"),
    (16, "weakened", ("stops",), "armed with protective stops that settings switch off or weaken"),
    (17, "heap_full", ("took_us",), "armed, the heap was full; collecting it held up a tick for so long"),
    (18, "testpiece", ("step", "snr_x10", "need_x10", "noise_uv"), "a step of the test-piece check, or its end"),
    (19, "look", ("place_mm", "how"), "a second look at a contact that came without an alert: stop, back, stand"),
    (20, "ground", ("ground", "x_mm", "y_mm"), "a motion was refused or stopped, for the ground at that place"),
    (21, "place", ("x_mm", "y_mm", "heading_mrad", "sigma_mm"), "the place in the field as told; sigma -1: unknown"),
    (22, "base", ("right_mm", "left_mm", "on"), "a base line was told (on=1), or the ground is not checked any more"),
    (23, "release", ("ms", "kept_off"), "the operator answers for the ground for so long, and one motion; 0: it ended"),
    (24, "move", ("move", "x_mm", "y_mm", "move_step"), "a move of the board's own"),
    (
        25,
        "spot",
        ("x_mm", "y_mm", "sigma_mm", "peak_mm", "disc"),
        "the place in the field of the find told just before; across, anywhere in the swath; disc -1: none is kept off",
    ),
    (26, "sensor", ("sensor", "sensor_how"), "a sensor of the place cannot be used, or can again"),
)

STATES = ("SAFE", "ARMED", "TELEOP", "SWEEP", "CONTACT", "STOPPED", "FAULT")

# Why a state changed or a stop happened: name, and what the operator should do.
REASONS = (
    ("none", ""),
    ("operator", "asked for by the operator"),
    ("estop_open", "close the emergency-stop loop, then disarm and arm again"),
    ("key_off", "turn the arming key on"),
    ("link_lost", "no valid operator message; check the link, then disarm and arm again"),
    ("drive_stale", "drive commands stopped coming"),
    ("blind", "the detector cannot see; see `status` for its fault"),
    ("alert", "a find: look, then give a verdict"),
    ("encoder", "a track and its encoder disagree; check encoder, wires, motor, motor_ff_pm; `log` says how"),
    ("supply", "the supply is too low; charge or change the battery"),
    ("acquisition", "no frames from the ADC; reboot the board"),
    ("overrun", "a control tick took too long"),
    ("interlock", "the interlock dropped MOTOR_EN by itself; disarm and arm again"),
    ("exception", "the firmware raised an error; see `log`"),
    ("done", "the lane is finished"),
    ("idle", "armed but unused for too long"),
    ("reset", "the board was reset"),
    ("rested", "told to stand, and stands"),
    ("look_lost", "backing over a contact, it did not come there; look behind the coil, then disarm and arm again"),
    ("ground", "a track would have come onto ground not searched; `field` tells where; disarm, arm, go back"),
)
REASON_NAMES = tuple(row[0] for row in REASONS)

# What the supervisor decides by (safety/supervisor.py): bit i of an event's `detail` is name i.
TRIGGERS = (
    "exception",
    "encoder",
    "estop_open",
    "interlock",
    "overrun",
    "acquisition",
    "supply",
    "key_off",
    "cmd_stop",
    "cmd_disarm",
    "blind",
    "blind_teleop",
    "link_lost",
    "pings_lost",
    "alert",
    "swept",
    "rested",
    "idle",
    "cmd_arm",
    "cmd_drive",
    "cmd_sweep",
    "cmd_verdict",
    "drive_stale",
    "look_lost",
    "ground",
    "moved",
)

# Settings that weaken a protective stop (shared/weakened.py): bit i of an event's `stops` is name i.
WEAKENED = (
    "sweep_marks",
    "teleop_blind",
    "det_alert_x100",
    "det_bend_percent",
    "det_rock_pm",
    "det_ground1_pm",
    "det_ground2_pm",
    "det_noise_max_mv",
    "det_supply_min_mv",
    "det_supply_max_mv",
    "det_warmup_ms",
    "pulse_us",
    "gate0_ns",
    "gate1_ns",
    "gate2_ns",
    "vsys_critical_mv",
    "coast_ms",
    "arm_idle_s",
    "sweep_look",
    "coil_clear_mm",
)

RESET_CAUSES = ("-", "power_on", "-", "watchdog")
SOURCES = ("factory", "slot_a", "slot_b")
PORTS = ("usb", "radio")
VERDICTS = ("none", "mine", "clutter", "unknown")
CLASSES = ("none", "ferrous", "non_ferrous", "mixed")
FAULTS = (
    "none",
    "stuck_gate0",
    "stuck_gate1",
    "stuck_gate2",
    "saturated",
    "no_pulse",
    "noise",
    "warming_up",
    "supply",
    "encoder_left",
    "encoder_right",
    "acquisition",
    "exception",
)
# What a track looks like whose encoder is at fault (drive/track_check.py).
TRACK_FAULTS = ("none", "still", "alternating", "wrong_way", "too_few", "too_many", "undriven")
# Where a test-piece check is (safety/piece_check.py), and what the operator should do.
PIECE_STEPS = (
    ("none", "none was made since the start; `testpiece begin`"),
    ("quiet", "coil still, and no metal near it for 4 s"),
    ("bring", "pass the test piece over the coil, once"),
    ("away", "take the test piece away"),
    ("passed", ""),
    ("ended", "it was given up, or the rover moved or was armed; `testpiece begin` again"),
    ("fault", "the detector has a fault: see `status`, clear its cause, `disarm`, then `testpiece begin`"),
    ("changed", "a setting of the detector was changed; `testpiece begin` again"),
    ("expired", "it was too long ago; `testpiece begin` again"),
    ("unquiet", "metal moved near the coil, or it is noisy: clear the place, look for radios and power lines"),
    ("missing", "nothing was seen: pass the test piece over the coil; else check coil and front end"),
    ("weak", "the test piece answered too weakly: pass it nearer, as it was calibrated; else check coil and front end"),
    ("left", "the test piece stayed: pass it over the coil, then take it away"),
    ("soil", "all gates moved together, as over ground: keep the coil still and move the piece"),
    ("inverted", "the late gates moved the wrong way: check the wires of gates 1 and 2, and their settings"),
)
# A second look: motors off, and back; the coil stands over the place; it stands where it stopped, as the tracks may
# have reached the place, or it lies before this sweep's ground.
LOOK_STEPS = ("begun", "over_it", "not_backed")
# Why the ground check says no (ground/cells.py).
GROUNDS = ("none", "not_searched", "kept_off", "beyond_base_line", "off_map", "place_unknown")
MOVES = ("none", "drive", "sweep", "lane", "back", "ahead", "turn", "shift")
MOVE_STEPS = ("begun", "done", "broken_off")
SENSORS = ("gnss", "gyro")
SENSOR_HOWS = ("ok", "silent", "stale", "disagrees", "stuck", "unplugged", "noisy")
REFUSALS = ("none", "unsigned", "mac", "counter", "malformed", "too_long", "no_key", "-", "flood")

ENUMS = {
    "to": STATES,
    "from": STATES,
    "reason": REASON_NAMES,
    "cause": RESET_CAUSES,
    "source": SOURCES,
    "class": CLASSES,
    "fault": FAULTS,
    "track": TRACK_FAULTS,
    "verdict": VERDICTS,
    "port": PORTS,
    "why": REFUSALS,
    "step": tuple(row[0] for row in PIECE_STEPS),
    "how": LOOK_STEPS,
    "ground": GROUNDS,
    "move": MOVES,
    "move_step": MOVE_STEPS,
    "sensor": SENSORS,
    "sensor_how": SENSOR_HOWS,
}
BITS = {"detail": TRIGGERS, "stops": WEAKENED}

KIND_ID = {row[1]: row[0] for row in KINDS}
KIND_ROW = {row[0]: row for row in KINDS}


def named(name, value):
    """The value of argument `name` by its name where it has one, bits by theirs as `one+other` or `none`; else as it
    is."""
    names = ENUMS.get(name)
    if names and 0 <= value < len(names):
        return names[value]
    names = BITS.get(name)
    return _bits(names, value) if names and 0 <= value < 1 << len(names) else value


def _bits(names, value):
    """Apart, as what a comprehension shares with its function goes onto the heap each time that is called."""
    return "+".join([names[i] for i in range(len(names)) if value >> i & 1]) or "none"


def value_text(name, value):
    """The value of argument `name` as text: its name where it has one, else the number."""
    return str(named(name, value))


def put_line(text, number, t_ms, kind, s_mm, values, at):
    """One event as its console line, without the line end, into a text.Text. values[at:]: ints in the order of KINDS.

    Nothing is allocated but for names of bits, which only events have that end a motion, or come before one."""
    row = KIND_ROW[kind]
    text.start("* ")
    text.number(number & 0xFFFF)
    text.put(" ")
    text.number(t_ms)
    text.put(" ")
    text.put(row[1])
    text.value("s_mm", s_mm)
    for name in row[2]:
        value = named(name, values[at])
        if isinstance(value, str):
            text.word(name, value)
        else:
            text.value(name, value)
        at += 1
