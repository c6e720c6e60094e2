"""The wiring picture: a Pico seen from above, what is wired to each header pin, drawn as SVG from the pin map."""

from __future__ import annotations

from html import escape

from sapper.shared.pins import PINS

# Header pins of the Pico that are no GPIO (Raspberry Pi Pico datasheet, chapter 2).
OTHER_PINS = {
    3: "GND", 8: "GND", 13: "GND", 18: "GND", 23: "GND", 28: "GND", 30: "RUN", 33: "AGND", 35: "ADC_VREF",
    36: "3V3", 37: "3V3_EN", 38: "GND", 39: "VSYS", 40: "VBUS",
}  # fmt: skip
_GPIO_PINS = (
    1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 19, 20, 21, 22, 24, 25, 26, 27, 29,
)  # fmt: skip
# GPIO -> header pin: 0..22 in a row, then the ADC inputs. 23, 24, 25 and 29 are on the board only.
HEADER_PIN = dict(enumerate(_GPIO_PINS)) | {26: 31, 27: 32, 28: 34}

# What the signals belong to: title, colour, signals. Each signal of the pin map is in exactly one.
DEVICES = (
    ("telemetry radio", "#1f5aa6", ("RADIO_TX", "RADIO_RX")),
    ("track encoders", "#00735c", ("ENC_LEFT_A", "ENC_LEFT_B", "ENC_RIGHT_A", "ENC_RIGHT_B")),
    ("spare I2C (IMU)", "#6b7480", ("I2C_SDA", "I2C_SCL")),
    ("coil driver and gates", "#b5367a", ("COIL_TX", "STROBE_0", "STROBE_1", "STROBE_2")),
    ("H-bridges", "#c2570c", ("MOTOR_LEFT", "MOTOR_RIGHT", "DIR_LEFT", "DIR_RIGHT")),
    ("contactor, E-stop loop", "#c1121f", ("MOTOR_EN", "ESTOP_OK")),
    ("marker, buzzer", "#7c4dab", ("MARKER", "BUZZER")),
    ("GNSS receiver", "#1f5aa6", ("GNSS_TX", "GNSS_RX")),
    ("arming key", "#c1121f", ("ARM_KEY",)),
    ("sampled gates", "#b5367a", ("GATE_0", "GATE_1", "GATE_2")),
    ("on the board", "#6b7480", ("LED", "VSYS_3")),
)
_DEVICE_OF = {signal: (title, colour) for title, colour, signals in DEVICES for signal in signals}
_SIGNAL = {row[0]: row for row in PINS}

_ROW = 26
_TOP = 56
_BOARD_LEFT, _BOARD_RIGHT = 330, 510
_WIDTH = 840
_HEIGHT = _TOP + 20 * _ROW + 50


def svg() -> str:
    """The picture. KeyError when the pin map has a signal that belongs to no device here."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        text(_WIDTH / 2, 24, "Sapper wiring, Pico seen from above (USB at the top)", "middle", "#22272e", bold=True),
        f'<rect x="{_BOARD_LEFT}" y="{_TOP - 14}" width="{_BOARD_RIGHT - _BOARD_LEFT}" height="{20 * _ROW + 12}" '
        'rx="8" fill="#e8f3ec" stroke="#00735c" stroke-width="2"/>',
        f'<rect x="{(_BOARD_LEFT + _BOARD_RIGHT) / 2 - 22}" y="{_TOP - 22}" width="44" height="24" rx="3" '
        'fill="#cfd4da" stroke="#6b7480"/>',
        f'<g transform="translate({(_BOARD_LEFT + _BOARD_RIGHT) / 2 - 14} {_TOP + 10 * _ROW}) rotate(-90)">',
        text(0, 0, "Raspberry Pi Pico", "middle", "#00735c", bold=True),
        "</g>",
    ]
    by_pin = {pin: gpio for gpio, pin in HEADER_PIN.items()}
    for side, pins in (("left", range(1, 21)), ("right", range(40, 20, -1))):
        rows = []
        for row, pin in enumerate(pins):
            parts += _pin(side, row, pin, by_pin.get(pin))
            if pin in by_pin and by_pin[pin] in _SIGNAL:
                rows.append((row, _DEVICE_OF[_SIGNAL[by_pin[pin]][1]]))
        parts += _device_boxes(side, rows)
    inside = [row for row in PINS if row[0] not in HEADER_PIN]
    names = ", ".join(f"GP{row[0]} {row[1]}" for row in inside if _DEVICE_OF[row[1]])
    parts.append(text(_WIDTH / 2, _HEIGHT - 14, f"on the Pico itself: {names}", "middle", "#6b7480"))
    return "\n".join([*parts, "</svg>", ""])


def _pin(side: str, row: int, pin: int, gpio: int | None) -> list[str]:
    y = _TOP + row * _ROW + 8
    left = side == "left"
    edge = _BOARD_LEFT if left else _BOARD_RIGHT
    inner, inner_anchor = (edge + 12, "start") if left else (edge - 12, "end")
    parts = [f'<circle cx="{edge}" cy="{y}" r="5" fill="#f6d77a" stroke="#8a6d1d"/>']
    if gpio is None:
        return [*parts, text(inner, y + 4, f"{pin} {OTHER_PINS[pin]}", inner_anchor, "#8a939e")]
    parts.append(text(inner, y + 4, f"{pin} GP{gpio}", inner_anchor, "#22272e"))
    if gpio not in _SIGNAL:
        return parts
    _, signal, direction, _function, _pull, _note = _SIGNAL[gpio]
    colour = _DEVICE_OF[signal][1]
    far = edge - 140 if left else edge + 140
    arrow = {"out": "&#8592;", "in": "&#8594;"} if left else {"out": "&#8594;", "in": "&#8592;"}
    parts.append(f'<line x1="{edge + (-5 if left else 5)}" y1="{y}" x2="{far}" y2="{y}" stroke="{colour}"/>')
    x, anchor = (edge - 12, "end") if left else (edge + 12, "start")
    label = f"{arrow[direction]} {escape(signal)}" if left else f"{escape(signal)} {arrow[direction]}"
    parts.append(text(x, y - 3, label, anchor, colour, raw=True))
    return parts


def _device_boxes(side: str, rows: list[tuple[int, tuple[str, str]]]) -> list[str]:
    """A box beside each run of neighbouring pins of one device."""
    parts = []
    runs: list[tuple[int, int, tuple[str, str]]] = []
    for row, device in rows:
        if runs and runs[-1][2] == device and row - runs[-1][1] <= 2:
            runs[-1] = (runs[-1][0], row, device)
        else:
            runs.append((row, row, device))
    x = 14 if side == "left" else _BOARD_RIGHT + 140
    for first, last, (title, colour) in runs:
        y = _TOP + first * _ROW - 3
        height = (last - first) * _ROW + 22
        parts.append(
            f'<rect x="{x}" y="{y}" width="176" height="{height}" rx="5" fill="#ffffff" stroke="{colour}" '
            'stroke-width="1.5"/>'
        )
        parts.append(text(x + 88, y + height / 2 + 4, title, "middle", colour, bold=True))
    return parts


def text(x: float, y: float, words: str, anchor: str, colour: str, bold: bool = False, raw: bool = False) -> str:
    """A line of text. raw: it is SVG already."""
    weight = ' font-weight="bold"' if bold else ""
    body = words if raw else escape(words)
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}"{weight}>{body}</text>'
