"""A byte stream from a board's serial line, of any quality, into text lines, events and telemetry frames.

Text and frames share the line (see sapper/shared/wire.py): a frame stands between two 0x00 bytes, text has none. A
lost zero must not turn text into frames for ever, so what follows a zero is told by its second byte: in a frame that is
the type, a small number; in text it is printable or a line end. The decoder never raises and holds little more than
LINE_MAX_BYTES, whatever comes in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from cobs import cobs  # type: ignore[import-untyped, unused-ignore]

from sapper.shared import events, wire
from sapper.shared.fields import check_event, check_frame, parse_line

# The longest line the console prints is a `status` of some 250 characters.
LINE_MAX_BYTES = 1024
_NEWLINE = 0x0A
_TEXT = frozenset({0x09, 0x0D}) | frozenset(range(0x20, 0x7F))
_TEXT_BYTES = bytes(sorted(_TEXT))
# Every control character but the tab becomes '?', so that a line may be printed on a terminal as it is.
_CLEAN = bytes(b if b in _TEXT else 0x3F for b in range(256))
# So many of the newest bytes are kept as they came.
_RAW_BYTES = 1024
_SEQUENCES = 256
_RAW = wire.NAMES[wire.RAW]
_NUMBERS = 65536


@dataclass(frozen=True)
class Text:
    """One line of text without its end. `garbled`: it held bytes that are no text (shown as '?'): it proves nothing."""

    line: str
    garbled: bool = False


@dataclass(frozen=True)
class Event:
    """One event of the board; the same whether it came as text or as an EVENT frame. Enumerated values are names."""

    number: int
    t_ms: int
    kind: str
    s_mm: int
    args: Mapping[str, int | str] = field(default_factory=dict)

    def line(self) -> str:
        """The event as the console's text line."""
        parts = [f"* {self.number} {self.t_ms} {self.kind} s_mm={self.s_mm}"]
        parts += [f"{name}={value}" for name, value in self.args.items()]
        return " ".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """The event as scripts get it (`--json`): seconds and metres, then the kind's own values."""
        head = {"t_s": self.t_ms / 1000, "s_m": self.s_mm / 1000, "kind": self.kind, "number": self.number}
        return head | dict(self.args)


@dataclass(frozen=True)
class Frame:
    """One telemetry frame (STATUS, DETECT, LOOP): integers as in the table of sapper/shared/wire.py."""

    name: str
    sequence: int
    fields: Mapping[str, int]

    def named(self, field_name: str) -> str:
        """The value of an enumerated field (state, reason, fault, class) as its name."""
        return events.value_text("to" if field_name == "state" else field_name, self.fields[field_name])


Item = Text | Event | Frame


@dataclass
class Counts:
    """What a decoder has seen since its start."""

    bytes: int = 0
    lines: int = 0
    events: int = 0
    frames: int = 0
    garbled_lines: int = 0
    bad_frames: int = 0
    lost_bytes: int = 0
    frame_gaps: int = 0  # frames that the sequence says were lost
    event_gaps: int = 0  # events that the numbers say were lost
    duplicates: int = 0  # frames whose sequence did not rise

    def as_dict(self) -> dict[str, int]:
        return {f.name: getattr(self, f.name) for f in fields(self)}


def parse_event_text(line: str) -> Event:
    """A line `* NUMBER T_MS KIND s_mm=S name=value ...` -> Event; ValueError unless it is whole and fits the table."""
    raw = parse_line(line)
    number, t_ms, s_mm, kind = (raw.pop(name) for name in ("number", "t_ms", "s_mm", "kind"))
    return Event(number, t_ms, kind, s_mm, raw)


def event_of_frame(values: Mapping[str, int]) -> Event:
    """The fields of an EVENT frame -> Event; ValueError when they do not fit the table."""
    row = events.KIND_ROW.get(values["kind"])
    if row is None:
        raise ValueError(f"unknown event kind {values['kind']}: the host may be older than the firmware")
    args: dict[str, int | str] = {}
    for name, letter in zip(row[2], "abcde", strict=False):
        args[name] = events.named(name, values[letter])
    check_event(row[1], {name: values[name] for name in ("number", "t_ms", "s_mm")} | args)
    return Event(values["number"], values["t_ms"], row[1], values["s_mm"], args)


class StreamDecoder:
    """Feed it bytes as they come; it gives back what they mean. One decoder a line; `counts` says what went wrong."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._raw = b""
        self._text = bytearray()
        self._overlong = False
        self._segment: bytearray | None = None  # bytes since a zero while they may be a frame; None = in text
        self._sequences: dict[bool, int] = {}  # the last one, of RAW frames and of all others
        self._number: int | None = None

    def feed(self, data: bytes) -> list[Item]:
        """Decode `data` (any length, any bytes) and return the items completed by it, in order."""
        self._raw = (self._raw + data)[-_RAW_BYTES:]
        self.counts.bytes += len(data)
        items: list[Item] = []
        parts = data.split(b"\0")
        for i, part in enumerate(parts):
            if i:
                self._zero(items)
            if part:
                self._part(part, items)
        return items

    def raw_since(self, count: int) -> bytes:
        """What came after the first `count` bytes, as it came; of much, the newest."""
        new = self.counts.bytes - count
        return self._raw[-new:] if new > 0 else b""

    def restarted(self) -> None:
        """The board has restarted: sequences and event numbers begin anew, which is no gap."""
        self._sequences.clear()
        self._number = None

    def _part(self, part: bytes, items: list[Item]) -> None:
        """Bytes without a zero among them."""
        if self._segment is None:
            self._take_text(part, items)
            return
        self._segment += part[: wire.WIRE_MAX_BYTES + 1]
        rest = part[wire.WIRE_MAX_BYTES + 1 :]
        looks_text = len(self._segment) > 1 and (self._segment[1] in _TEXT or self._segment[1] == _NEWLINE)
        if looks_text or len(self._segment) > wire.WIRE_MAX_BYTES:
            segment, self._segment = bytes(self._segment), None
            self._take_text(segment + rest, items)

    def _zero(self, items: list[Item]) -> None:
        """A zero byte: the end of a frame, or the start of one, or (when one was lost) either."""
        if self._segment is None:
            # The board never splits a line by a frame: what stands here is a line without its end, or a frame's rest.
            self.counts.lost_bytes += len(self._text)
            self._text.clear()
            self._overlong = False
            self._segment = bytearray()
        elif self._segment:
            segment, self._segment = bytes(self._segment), None
            if not self._take_frame(segment, items):
                # Which of the two zeros was lost is not known: what follows may be a frame again.
                self._segment = bytearray()

    def _take_text(self, data: bytes, items: list[Item]) -> None:
        lines = data.split(b"\n")
        for line in lines[:-1]:
            self._append(line)
            self._end_line(items)
        self._append(lines[-1])

    def _append(self, piece: bytes) -> None:
        room = LINE_MAX_BYTES - len(self._text)
        self._text += piece[:room]
        if len(piece) > room:
            self.counts.lost_bytes += len(piece) - room
            self._overlong = True

    def _end_line(self, items: list[Item]) -> None:
        raw = bytes(self._text).rstrip(b"\r")
        garbled = self._overlong or bool(raw.translate(None, _TEXT_BYTES))
        self._text.clear()
        self._overlong = False
        line = raw.translate(_CLEAN).replace(b"\r", b"?").decode("ascii")
        self.counts.lines += 1
        if garbled:
            self.counts.garbled_lines += 1
        elif line.startswith("* "):
            try:
                self._event(parse_event_text(line), items)
                return
            except ValueError:
                self.counts.garbled_lines += 1
                garbled = True
        items.append(Text(line, garbled))

    def _take_frame(self, segment: bytes, items: list[Item]) -> bool:
        """Decode the bytes between two zeros; whether they were a frame."""
        try:
            name, sequence, values = wire.decode(cobs.decode(segment))
        except (cobs.DecodeError, wire.WireError):
            self.counts.bad_frames += 1
            self.counts.lost_bytes += len(segment)
            return False
        event = None
        try:
            if name == "EVENT":
                event = event_of_frame(values)
            else:
                check_frame(name, values)
        except ValueError:  # damaged before its CRC was put on, or from firmware that knows more than we do
            self.counts.bad_frames += 1
            return True
        if event is not None and event.kind == "boot":
            self.restarted()
        self.counts.frames += 1
        self._follow_sequence(sequence, name == _RAW, values)
        if event is None:
            items.append(Frame(name, sequence, values))
        else:
            self._event(event, items)
        return True

    def _follow_sequence(self, sequence: int, raw: bool, values: Mapping[str, int]) -> None:
        """RAW frames are counted apart, as one link may ask for them and another not; from 0 whenever they begin."""
        last = self._sequences.get(raw)
        if last is not None and not (raw and values["number"] == 0):
            step = (sequence - last) % _SEQUENCES
            if step == 0:
                self.counts.duplicates += 1
            else:
                self.counts.frame_gaps += step - 1
        self._sequences[raw] = sequence

    def _event(self, event: Event, items: list[Item]) -> None:
        self.counts.events += 1
        items.append(event)
        if event.kind == "boot":
            self.restarted()
        step = 1 if self._number is None else (event.number - self._number) % _NUMBERS
        # A number that falls back is an event told again, not 60,000 lost ones.
        if 0 < step < _NUMBERS // 2:
            self.counts.event_gaps += step - 1
            self._number = event.number
