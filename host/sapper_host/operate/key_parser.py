"""Bytes of a terminal into keys: pressed, repeated or released, where the terminal tells that, and what else it sends.

Understands what terminals have always sent, and the kitty keyboard protocol
(sw.kovidgoyal.net/kitty/keyboard-protocol).
Pure. Never raises and holds little, whatever comes; a Ctrl-C in it is found whatever stands around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["press", "repeat", "release"]

_ESC = 0x1B
_PASTE_BEGIN, _PASTE_END = b"\x1b[200~", b"\x1b[201~"
# Of a paste no more is kept: it is for one line.
_PASTE_MOST = 4096
_CSI = re.compile(rb"\x1b\[([\x30-\x3f]{0,48})([\x20-\x2f]{0,4})([\x40-\x7e])")
_CSI_BEGUN = re.compile(rb"\x1b\[[\x30-\x3f]{0,48}[\x20-\x2f]{0,4}")
_KITTY_CTRL_C = re.compile(rb"\x1b\[(?:99|67)(?::[0-9:]*)?;[0-9]+(?::[12])?[;0-9:]*u|\x03")
_ARROWS = {b"A": "up", b"B": "down", b"C": "right", b"D": "left"}
_KINDS: dict[int, Kind] = {1: "press", 2: "repeat"}
# Codes of the protocol that are no characters: name, and what a terminal without it sends.
_CODES = {
    27: ("escape", b"\x1b"),
    13: ("enter", b"\r"),
    9: ("tab", b"\t"),
    127: ("backspace", b"\x7f"),
    57412: ("-", b"-"),
    57413: ("+", b"+"),
    57414: ("enter", b"\r"),
}
_SHIFT, _ALT, _CTRL = 1, 2, 4
# Caps Lock and Num Lock are told as modifiers, and change nothing.
_MODIFIERS = 0x3F


@dataclass(frozen=True)
class Key:
    """A key. name: 'up', 'f2', 'escape', 'c-c' (with Ctrl), or its character. data: what line editing understands."""

    name: str
    kind: Kind = "press"
    data: bytes = b""


@dataclass(frozen=True)
class Paste:
    """Text that was pasted, with its brackets."""

    data: bytes


@dataclass(frozen=True)
class Focus:
    """The terminal's window got, or lost, the keyboard."""

    gained: bool


@dataclass(frozen=True)
class Flags:
    """The terminal speaks the protocol; what of it is on (2: it tells releases)."""

    value: int


@dataclass(frozen=True)
class Reply:
    """The terminal's answer to line editing, as where the cursor is: nobody typed it."""

    data: bytes


@dataclass(frozen=True)
class Other:
    """Any other key, for line editing."""

    data: bytes


Typed = Key | Paste | Focus | Flags | Reply | Other


class KeyParser:
    """Feed it bytes as they come. What may be the beginning of something waits (`waiting`) for more, or for `flush`."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._paste: bytearray | None = None

    @property
    def waiting(self) -> bool:
        """Whether something is begun and not ended."""
        return bool(self._buffer) or self._paste is not None

    @property
    def pasting(self) -> bool:
        """Whether a paste was begun and not ended."""
        return self._paste is not None

    def feed(self, data: bytes) -> list[Typed]:
        """What became whole by `data`, in order."""
        self._buffer += data
        out: list[Typed] = []
        while self._buffer and self._step(out):
            pass
        return out

    def flush(self) -> list[Typed]:
        """Nothing more came for a while: what was begun is all there is."""
        out: list[Typed] = []
        if self._paste is not None:
            self._end_paste(out, bytes(self._buffer))
            self._buffer.clear()
        while self._buffer:
            if self._buffer == b"\x1b":
                out.append(Key("escape", data=b"\x1b"))
                self._buffer.clear()
            elif not self._step(out):
                self._buffer.clear()  # half a sequence is none
        return out

    def _step(self, out: list[Typed]) -> bool:
        """Take one thing off the buffer; False when more bytes are needed."""
        if self._paste is not None:
            return self._in_paste(out)
        if self._buffer[0] != _ESC:
            return self._character(out)
        if len(self._buffer) == 1:
            return False
        second = self._buffer[1:2]
        if second == b"[":
            return self._csi(out)
        if second == b"O":
            return self._ss3(out)
        if second[0] < 0x20 or second == b"\x7f":
            self._take(1)
            out.append(Key("escape", data=b"\x1b"))
        else:
            size = _utf8_size(self._buffer[1])
            if len(self._buffer) < 1 + size:
                return False
            out.append(Other(self._take(1 + size)))  # with Alt
        return True

    def _take(self, count: int) -> bytes:
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def _character(self, out: list[Typed]) -> bool:
        size = _utf8_size(self._buffer[0])
        # A control character cuts off what was begun: Ctrl-C waits for no rest.
        begun = self._buffer[1:size]
        broken = next((i for i, byte in enumerate(begun, 1) if byte & 0xC0 != 0x80), None)
        if broken is not None:
            self._take(broken)
            return True
        if len(self._buffer) < size:
            return False
        data = self._take(size)
        byte = data[0]
        if byte == 0x0D:
            out.append(Key("enter", data=data))
        elif 1 <= byte <= 26 and byte not in (9, 10):
            out.append(Key(f"c-{chr(byte + 0x60)}", data=data))
        elif 0x20 <= byte < 0x7F:
            out.append(Key(chr(byte), data=data))
        else:
            out.append(Other(data))
        return True

    def _ss3(self, out: list[Typed]) -> bool:
        if len(self._buffer) < 3:
            return False
        third = bytes(self._buffer[2:3])
        if third[0] < 0x20 or third == b"\x7f":
            self._take(2)
            return True
        data = self._take(3)
        if third in _ARROWS:
            out.append(Key(_ARROWS[third], data=data))
        else:
            out.append(Key("f2", data=data) if third == b"Q" else Other(data))
        return True

    def _csi(self, out: list[Typed]) -> bool:
        if self._buffer[2:3] == b"[":  # function keys of the Linux console
            if len(self._buffer) < 4:
                return False
            data = self._take(4 if 0x20 <= self._buffer[3] < 0x7F else 3)
            out.append(Key("f2", data=data) if data == b"\x1b[[B" else Other(data))
            return True
        whole = _CSI.match(self._buffer)
        if whole is None:
            begun = _CSI_BEGUN.match(self._buffer)
            length = begun.end() if begun else 2
            if length == len(self._buffer) and length < 54:
                return False
            self._take(length)  # broken off, or longer than any: no key
            return True
        parameters, _, final = whole.groups()
        data = self._take(whole.end())
        if data == _PASTE_BEGIN:
            self._paste = bytearray()
        elif data != _PASTE_END:
            out.extend(_meaning(data, parameters, final))
        return True

    def _in_paste(self, out: list[Typed]) -> bool:
        end = self._buffer.find(_PASTE_END)
        if end >= 0:
            text = self._take(end)
            self._take(len(_PASTE_END))
            self._end_paste(out, text)
            return True
        # The end's first bytes may be here already.
        self._pasted(out, self._take(max(0, len(self._buffer) - len(_PASTE_END) + 1)))
        if 0x03 in self._buffer:
            self._pasted(out, self._take(len(self._buffer)))
        return False

    def _pasted(self, out: list[Typed], text: bytes) -> None:
        assert self._paste is not None
        before = self._paste[-24:]
        seen = len(_KITTY_CTRL_C.findall(before))
        if len(_KITTY_CTRL_C.findall(before + text)) > seen:
            out.append(Key("c-c"))
        self._paste += text
        del self._paste[_PASTE_MOST:]

    def _end_paste(self, out: list[Typed], text: bytes) -> None:
        self._pasted(out, text)
        assert self._paste is not None
        out.append(Paste(_PASTE_BEGIN + bytes(self._paste).replace(b"\x03", b"") + _PASTE_END))
        self._paste = None


def _utf8_size(first: int) -> int:
    return 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4 if first < 0xF8 else 1


def _numbers(parameters: bytes) -> list[list[int]]:
    """'1;5:3' -> [[1], [5, 3]]; what is left out is 0."""
    return [[int(part) if part.isdigit() else 0 for part in field.split(b":")] for field in parameters.split(b";")]


def _meaning(data: bytes, parameters: bytes, final: bytes) -> list[Typed]:
    if not parameters and final in b"IO":
        return [Focus(final == b"I")]
    if parameters[:1] in (b"?", b"<", b">", b"="):
        value = parameters[1:]
        if final == b"u" and parameters[:1] == b"?" and value.isdigit():
            return [Flags(int(value) & 0xFF)]
        return [Reply(data)]
    if final == b"R" and b";" in parameters:
        return [Reply(data)]
    fields = _numbers(parameters)
    how = fields[1] if len(fields) > 1 else [1]
    modifiers = max(0, how[0] - 1) & _MODIFIERS
    told = len(how) > 1 and how[1] != 0  # the protocol's: press, repeat or release
    kind = _KINDS.get(how[1], "release") if told else "press"
    if final == b"u":
        return _by_code(fields, modifiers, kind)
    name = "f2" if final == b"Q" or (final == b"~" and fields[0][0] == 12) else _ARROWS.get(final, "")
    if name and kind == "release":
        return [Key(name, "release")]
    # What line editing knows: without how it was pressed.
    plain = b"\x1b[" + b";".join(b"%d" % field[0] for field in (fields[0], [modifiers + 1])) + final if told else data
    if name and not modifiers:
        return [Key(name, kind, b"\x1bOQ" if name == "f2" else b"\x1b[" + final)]
    return [] if kind == "release" else [Other(plain)]


def _by_code(fields: list[list[int]], modifiers: int, kind: Kind) -> list[Typed]:
    """CSI code ; modifiers : kind ; text u."""
    code = fields[0][0]
    known = _CODES.get(code)
    if known is not None:
        name, data = known
    else:
        text = fields[2][0] if len(fields) > 2 and fields[2][0] else code
        # The private area holds keys that are no text, and Shift itself is one of them.
        if not 0x20 <= text < 0xD800 and not 0x10000 <= text <= 0x10FFFF:
            return []
        name = chr(text)
        if modifiers & _SHIFT and text == code:
            name = name.upper()
        data = name.encode()
        if modifiers & _CTRL and len(name) == 1 and name.isascii() and name.isalpha():
            name, data = f"c-{name.lower()}", bytes([ord(name) & 0x1F])
    if kind == "release":
        return [Key(name, kind)]
    return [Key(name, kind, b"\x1b" + data if modifiers & _ALT else data)]
