"""What each value may be that a board tells: in events, telemetry frames and answers, by its name.

Whoever hears a board checks by it before anything is used; what does not fit is damaged, or another version's. The
board itself tells and does not hear: it imports none of this.
"""

from sapper.shared import events, wire
from sapper.shared.digits import whole
from sapper.shared.events import BITS, ENUMS, KIND_ID, KIND_ROW
from sapper.shared.text import Text

_BOUNDS = {"B": (0, 255), "H": (0, 65535), "h": (-32768, 32767), "I": (0, 4294967295), "i": (-2147483648, 2147483647)}
_FLAG = (0, 1)
_U16 = _BOUNDS["H"]
_I16 = _BOUNDS["h"]
_U32 = _BOUNDS["I"]
_I32 = _BOUNDS["i"]
_COUNT = (0, _I32[1])
_STRENGTH = (0, 1000)

# The integers of events: lowest, highest. Those of events.ENUMS and events.BITS have names in place of bounds.
EVENT_FIELDS = {
    "number": _U16,
    "t_ms": _U32,
    "s_mm": _I32,
    "strength": _STRENGTH,
    "statistic": _I32,
    "level": _I32,
    "peak_mm": _I32,
    "extent_mm": _COUNT,
    "snr_x10": _I32,
    "count": _COUNT,
    "up": _FLAG,
    "away_ms": _COUNT,
    "length_mm": _COUNT,
    "done": _FLAG,
    "from_mm": _I32,
    "searched": _FLAG,
    "saved": _COUNT,
    "kept": _FLAG,
    "took_us": _COUNT,
    "need_x10": _COUNT,
    "noise_uv": _COUNT,
    "place_mm": _I32,
    "x_mm": _I32,
    "y_mm": _I32,
    "heading_mrad": _I32,
    "sigma_mm": _I32,
    "right_mm": _I32,
    "left_mm": _I32,
    "on": _FLAG,
    "ms": _COUNT,
    "kept_off": _FLAG,
    "disc": _I32,
}

# Fields of frames that have names; the others have the bounds of their type.
FRAME_NAMES = {
    "state": events.STATES,
    "reason": events.REASON_NAMES,
    "fault": events.FAULTS,
    "class": events.CLASSES,
    "ground": events.GROUNDS,
    "move": events.MOVES,
}

# Answers whose values are used as more than text: command, then values of its `ok` line by name: bounds, or names.
ANSWERS = {
    "status": {
        "state": events.STATES,
        "reason": events.REASON_NAMES,
        "fault": events.FAULTS,
        "loop": _FLAG,
        "key": _FLAG,
        "enabled": _FLAG,
        "t_ms": _U32,
        "s_mm": _I32,
        "x_mm": _I32,
        "y_mm": _I32,
        "speed_mm_s": _I16,
        "strength": _STRENGTH,
        "vsys_mv": _U16,
        "temp_dc": _I16,
        "load_pm": _U16,
        "missed": _COUNT,
        "refused": _COUNT,
        "testpiece": _FLAG,
        "weakened": (0, (1 << len(events.WEAKENED)) - 1),
    },
    "ping": {"t_ms": _U32},
    "nonce": {"counter": (0, 999999999)},
    "clock": {"epoch": (0, _U32[1]), "t_ms": _U32},
}


def _frame_bounds(name, code):
    if name in FRAME_NAMES:
        return 0, len(FRAME_NAMES[name]) - 1
    return _STRENGTH if name == "strength" else _BOUNDS[code]


FRAME_FIELDS = {row[1]: {field[0]: _frame_bounds(field[0], field[1]) for field in row[3]} for row in wire.MESSAGES}


# Fields and values that older firmware does not send; recordings of it have to be read.
_LATER_VALUES = {"fault": ("track",)}
_LATER_FIELDS = {wire.NAMES[kind]: wire.FIELDS[kind][first:] for kind, first in wire.FIRST_FIELDS.items()}


def check_frame(name, values):
    """ValueError unless {field: value} of a frame called `name` are whole numbers in bounds, and all of them there that
    every firmware sends."""
    for field, bounds in FRAME_FIELDS[name].items():
        if field in values or field not in _LATER_FIELDS.get(name, ()):
            _check(field, values.get(field), bounds)


def check_event(kind, values):
    """ValueError unless {name: value} of an event called `kind` are its own (number, t_ms, s_mm, then the kind's) and
    fit: whole numbers in bounds, or names."""
    if kind not in KIND_ID:
        raise ValueError("unknown event kind: %s" % kind)
    names = KIND_ROW[KIND_ID[kind]][2]
    later = [name for name in _LATER_VALUES.get(kind, ()) if name not in values]
    if len(values) != 3 + len(names) - len(later):
        raise ValueError("an event of other values than its kind's")
    for name in ("number", "t_ms", "s_mm") + names:
        if name in later:
            continue
        if name in ENUMS:
            _check_name(name, values.get(name), ENUMS[name])
        elif name in BITS:
            parts = values.get(name)
            parts = parts.split("+") if isinstance(parts, str) and parts != "none" else [parts]
            for part in parts:
                if part != "none" or len(parts) > 1:
                    _check_name(name, part, BITS[name])
        else:
            _check(name, values.get(name), EVENT_FIELDS[name])


def text_line(number, t_ms, kind, s_mm, args):
    """An event as its console line, without the line end: what `parse_line` reads."""
    text = Text()
    events.put_line(text, number, t_ms, kind, s_mm, args, 0)
    return text.text()


def parse_line(line):
    """The inverse of text_line: a dict {number, t_ms, kind, s_mm, ...names: str or int}; ValueError unless it is
    a whole event that fits the table."""
    parts = line.split(" ")
    if len(parts) < 5 or parts[0] != "*":
        raise ValueError("not an event line: " + line)
    kind = parts[3]
    values = {"number": whole(parts[1]), "t_ms": whole(parts[2])}
    names = ("s_mm",) + KIND_ROW[KIND_ID[kind]][2] if kind in KIND_ID else ()
    if len(parts) != 4 + len(names):
        raise ValueError("not an event of a kind that is known, with its values: " + line)
    for i in range(len(names)):
        name, equals, value = parts[4 + i].partition("=")
        if not equals or name != names[i]:
            raise ValueError("expected %s=, got '%s'" % (names[i], parts[4 + i]))
        values[name] = value if name in ENUMS or name in BITS else whole(value)
    check_event(kind, values)
    values["kind"] = kind
    return values


def answer_values(command, words):
    """{name: text} of the `ok` line of an answer -> {name: int, or the text of a name}, of those that the table has for
    `command`; ValueError when one does not fit."""
    out = {}
    for name, bounds in ANSWERS[command].items():
        if name in words:
            out[name] = words[name]
            if isinstance(bounds[0], str):
                _check_name(name, out[name], bounds)
            else:
                out[name] = whole(words[name])
                _check(name, out[name], bounds)
    return out


def _check(name, value, bounds):
    if not isinstance(value, int) or value is True or value is False or not bounds[0] <= value <= bounds[1]:
        raise ValueError("%s is not a whole number of %d..%d" % (name, bounds[0], bounds[1]))


def _check_name(name, value, names):
    if value not in names:
        raise ValueError("%s is none of its names" % name)
