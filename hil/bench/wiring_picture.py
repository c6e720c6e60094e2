"""The bench's wiring as SVG: both Picos from above, what each pin goes to, and the rest below."""

from __future__ import annotations

from html import escape

from hil.bench.config import Config
from hil.bench.wiring import INSTRUMENT, ROVER, Wire, wires
from sapper_host.pictures.wiring import DEVICES, HEADER_PIN, OTHER_PINS, text

_ROW = 22
_TOP = 74
_WIDTH = 1480
_BOARD = 168  # a Pico's width
_STUB = 40
# Middles of the two Picos.
_PLACES = {ROVER: 370, INSTRUMENT: 1100}
_INK, _QUIET, _GROUND = "#22272e", "#8a939e", "#6b7480"
_COLOURS = {"bus": "#1f5aa6", "supply": "#c1121f", "switch": "#7c4dab", "serial": "#1f5aa6", "usb": "#6b7480"}
_BY_SIGNAL = {signal: colour for _, colour, signals in DEVICES for signal in signals}
_BELOW = _TOP + 20 * _ROW + 56
_LINE = 19
_TITLE = "The bench's wiring: both Picos seen from above, USB at the top"
_LEGEND = "a box in a line: a resistor, see the table; every line between the two also has 100 kohm to ground"


def svg(config: Config | None = None) -> str:
    """The picture."""
    every = wires(config)
    rows = [each for each in every if each.kind in ("switch", "supply", "serial", "usb", "bus", "ground")]
    rows = [each for each in rows if not (_on(each, ROVER) and _on(each, INSTRUMENT))]
    height = _BELOW + 30 + _LINE * ((len(rows) + 1) // 2) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="11">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        text(_WIDTH / 2, 24, _TITLE, "middle", _INK, bold=True),
        text(_WIDTH / 2, 42, _LEGEND, "middle", _GROUND),
    ]
    for board in (ROVER, INSTRUMENT):
        parts += _pico(board, every)
    parts += _table(rows)
    return "\n".join([*parts, "</svg>", ""])


def _on(wire: Wire, board: str) -> bool:
    return any(end.board == board for end in wire.ends)


def _pico(board: str, every: tuple[Wire, ...]) -> list[str]:
    middle = _PLACES[board]
    left, right = middle - _BOARD / 2, middle + _BOARD / 2
    parts = [
        f'<rect x="{left:g}" y="{_TOP - 12}" width="{_BOARD}" height="{20 * _ROW + 8}" rx="8" fill="#e8f3ec" '
        'stroke="#00735c" stroke-width="2"/>',
        f'<rect x="{middle - 20}" y="{_TOP - 20}" width="40" height="20" rx="3" fill="#cfd4da" stroke="#6b7480"/>',
        text(middle, _TOP + 20 * _ROW + 14, f"{board} (Raspberry Pi Pico)", "middle", "#00735c", bold=True),
    ]
    there = {end.header: each for each in every if each.kind != "ground" for end in each.ends if end.board == board}
    by_pin = {pin: gpio for gpio, pin in HEADER_PIN.items()}
    grounds = {end.header for each in every if each.kind == "ground" for end in each.ends if end.board == board}
    for edge, outwards, pins in ((left, -1, range(1, 21)), (right, 1, range(40, 20, -1))):
        for number, pin in enumerate(pins):
            y = _TOP + number * _ROW + 6
            name = f"GP{by_pin[pin]}" if pin in by_pin else OTHER_PINS[pin]
            wire = there.get(pin)
            used = wire is not None or pin in grounds
            anchor = "start" if outwards < 0 else "end"
            parts.append(f'<circle cx="{edge:g}" cy="{y}" r="4.5" fill="#f6d77a" stroke="#8a6d1d"/>')
            parts.append(text(edge - outwards * 9, y + 4, f"{pin} {name}", anchor, _INK if used else _QUIET))
            if wire is not None:
                parts += _stub(edge, outwards, y, board, wire)
            elif pin in grounds:
                parts += _to_ground(edge, outwards, y)
    return parts


def _stub(edge: float, outwards: int, y: float, board: str, wire: Wire) -> list[str]:
    """A piece of the wire with its resistor, and where it goes."""
    colour = _BY_SIGNAL.get(wire.name, _COLOURS.get(wire.kind, _INK))
    far = edge + outwards * _STUB
    mine = next(end for end in wire.ends if end.board == board)
    other = wire.target if mine is wire.source else wire.source
    leaves = mine is wire.source
    arrow = ("&#8594;" if leaves else "&#8592;") if outwards > 0 else ("&#8592;" if leaves else "&#8594;")
    where = f"{wire.name}, {other}"
    words = f"{arrow} {escape(where)}" if outwards > 0 else f"{escape(where)} {arrow}"
    parts = [
        f'<line x1="{edge + outwards * 5:g}" y1="{y}" x2="{far:g}" y2="{y}" stroke="{colour}" stroke-width="1.4"/>'
    ]
    if wire.series:
        x = edge + outwards * 22 - 6
        parts.append(f'<rect x="{x:g}" y="{y - 3}" width="12" height="6" fill="#ffffff" stroke="{colour}"/>')
    anchor = "start" if outwards > 0 else "end"
    return [*parts, text(far + outwards * 4, y + 4, words, anchor, colour, raw=True)]


def _to_ground(edge: float, outwards: int, y: float) -> list[str]:
    far = edge + outwards * _STUB
    return [
        f'<line x1="{edge + outwards * 5:g}" y1="{y}" x2="{far:g}" y2="{y}" stroke="{_GROUND}" stroke-width="2"/>',
        f'<line x1="{far:g}" y1="{y - 6}" x2="{far:g}" y2="{y + 6}" stroke="{_GROUND}" stroke-width="2"/>',
    ]


def _table(rows: list[Wire]) -> list[str]:
    """What is not between the two, in two columns."""
    parts = [text(40, _BELOW, "The host's chips, the supply and what else is wired", "start", _INK, bold=True)]
    half = (len(rows) + 1) // 2
    for number, each in enumerate(rows):
        x = 40 + (number >= half) * 720
        y = _BELOW + 24 + number % half * _LINE
        colour = _COLOURS.get(each.kind, _GROUND)
        through = f" through {each.series}" if each.series else ""
        parts.append(f'<circle cx="{x + 4}" cy="{y - 4}" r="4" fill="{colour}"/>')
        parts.append(text(x + 16, y, each.name, "start", colour, bold=True))
        parts.append(text(x + 152, y, f"{each.source} to {each.target}{through}", "start", _INK))
    return parts
