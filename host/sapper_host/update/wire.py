"""The update's binary messages, as the laptop sends them: sectors in pieces, compressed, several on their way at once.

The other end, and what a message is, stand in firmware/sapper/update/receiver.py and patch.py.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator

from sapper.shared.digits import whole
from sapper.update.patch import COPY, DATA, DEFLATED, PLAIN, SECTOR_BYTES, WINDOW_BITS
from sapper_host.board.dialog import Dialog
from sapper_host.errors import BoardError, LinkError, NoAnswerError
from sapper_host.update.bundle import Bundle, FileRow, parse_manifest

# Sectors on their way: the board writes one while the next arrives.
_WINDOW = 3
_ANSWER_S = 5.0
_TRIES = 4
_STILL_THERE_S = 1.0
_PACK_WORTH = 200
# Longer than the board needs to throw away what is left of a spoilt message.
_QUIET_S = 0.1

Progress = Callable[[float], None]


def message(kind: str, number: int, body: bytes) -> bytes:
    """One message."""
    head = struct.pack("<cBH", kind.encode(), number, len(body))
    return head + struct.pack("<I", zlib.crc32(body, zlib.crc32(head))) + body


def sectors(image: bytes) -> list[bytes]:
    """The image in sectors, the last filled up as blank flash is."""
    padded = image + b"\xff" * (-len(image) % SECTOR_BYTES)
    return [padded[at : at + SECTOR_BYTES] for at in range(0, len(padded), SECTOR_BYTES)]


def sums(image: bytes) -> bytes:
    """What the board compares with what its slot holds already."""
    return b"".join(zlib.crc32(sector).to_bytes(4, "little") for sector in sectors(image))


def pieces(bundle: Bundle, running: Iterable[FileRow]) -> list[list[tuple[int, int, bytes]]]:
    """For each sector its pieces, (kind, offset, data): files that `running` has as well are copied from there.

    A COPY piece's data is what it stands for.
    """
    there = {(row.size, row.digest): row.offset for row in running}
    out: list[list[tuple[int, int, bytes]]] = [[] for _ in sectors(bundle.image)]
    for kind, source, start, end in _spans(bundle, there):
        at = start
        while at < end:
            number = at // SECTOR_BYTES
            stop = min(end, (number + 1) * SECTOR_BYTES)
            out[number].append((kind, source + at - start, bundle.image[at:stop]))
            at = stop
    return out


def _spans(bundle: Bundle, there: dict[tuple[int, str], int]) -> Iterator[tuple[int, int, int, int]]:
    """(kind, offset to copy from, start, end) of the image, in order and without a gap."""
    at = 0
    for row in sorted(bundle.files, key=lambda row: row.offset):
        source = there.get((row.size, row.digest))
        if source is not None and row.size:
            if row.offset > at:
                yield DATA, 0, at, row.offset
            yield COPY, source, row.offset, row.offset + row.size
            at = row.offset + row.size
    if at < len(bundle.image):
        yield DATA, 0, at, len(bundle.image)


def body_of(sector: list[tuple[int, int, bytes]]) -> bytes:
    """A sector's pieces, compressed."""
    raw = bytearray()
    for kind, source, data in sector:
        if kind == COPY:
            raw += bytes([COPY]) + source.to_bytes(3, "little") + len(data).to_bytes(2, "little")
        else:
            raw += bytes([DATA]) + len(data).to_bytes(2, "little") + data
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -WINDOW_BITS)
    packed = squeeze.compress(bytes(raw)) + squeeze.flush()
    # Unpacking costs the board 4 ms and 4 kB: not for a few bytes.
    if len(raw) < len(packed) + _PACK_WORTH:
        return bytes([PLAIN]) + raw
    return bytes([DEFLATED]) + packed


def whole_body(sector: bytes) -> bytes:
    """A sector as it is: nothing to unpack or to copy."""
    return bytes([PLAIN, DATA]) + len(sector).to_bytes(2, "little") + sector


def send(dialog: Dialog, bundle: Bundle, progress: Progress) -> dict[str, int]:
    """Everything after `update receive`. Returns what went over the wire: {sectors, sent, bytes}.

    Raises BoardError when the board refuses the update, LinkError when it does not answer or goes.
    """
    running, _ = _ask(dialog, message("M", 0, b""))
    _, have = _ask(dialog, message("H", 0, sums(bundle.image)))
    plan = pieces(bundle, _files_of(running))
    held = have.removeprefix("ok have=")
    if len(held) != len(plan):
        raise NoAnswerError("the board does not say which sectors it holds", "run the same command again")
    wanted = [number for number, one in enumerate(held) if one == "0"]
    count = 0
    waiting: dict[int, bytes] = {}
    tries = 0
    todo = iter(wanted)
    done = 0
    contents = sectors(bundle.image)
    packs = True
    while True:
        while len(waiting) < _WINDOW and (number := next(todo, None)) is not None:
            waiting[number] = message("S", number, body_of(plan[number]) if packs else whole_body(contents[number]))
            dialog.write(waiting[number])
            count += len(waiting[number])
        if not waiting:
            break
        line = dialog.answer_line(_ANSWER_S)
        if line is not None and (number := sector_of(line)) is not None:
            if waiting.pop(number, None) is not None:
                done += 1
                tries = 0
                progress(done / len(wanted))
            continue
        if line is not None and line.startswith("err room") and packs:
            packs = False  # the board's heap is in pieces: longer on the line, and it goes
            waiting = {number: message("S", number, whole_body(contents[number])) for number in waiting}
            tries -= 1
        elif line is not None and not line.startswith(("err message", "err sector", "err room")):
            raise _refused(line)
        tries += 1
        if tries >= _TRIES:
            raise NoAnswerError(f"sectors get lost on their way ({line or 'no answer'})", "try another cable")
        dialog.quiet(_QUIET_S)
        for data in waiting.values():
            dialog.write(data)
    _end(dialog, message("E", 0, bundle.trailer))
    return {"sectors": len(plan), "sent": len(wanted), "bytes": count}


def _files_of(running: list[str]) -> tuple[FileRow, ...]:
    """What the application that runs has of its manifest; nothing when that is spoilt: then all is sent."""
    try:
        return parse_manifest("\n".join(running))
    except ValueError:
        return ()


def sector_of(line: str) -> int | None:
    """The sector that a line says has come; None when it says no such thing."""
    name, _, number = line.partition("=")
    try:
        return whole(number) if name == "ok sector" else None
    except ValueError:
        return None


def _ask(dialog: Dialog, data: bytes) -> tuple[list[str], str]:
    """A message that answers more than that it came: (lines before the last, without their two spaces; the last)."""
    for _ in range(_TRIES):
        dialog.write(data)
        body: list[str] = []
        while (line := dialog.line(_ANSWER_S)) is not None and line.startswith("  "):
            body.append(line[2:])
        if line is not None and line.startswith("ok "):
            return body, line
        if line is not None and not line.startswith("err message"):
            raise _refused(line)
        dialog.quiet(_QUIET_S)
    raise NoAnswerError("the board does not answer any more", "is it plugged in? run the same command again")


def _end(dialog: Dialog, data: bytes) -> None:
    """The last message: said again only when it was spoilt. The board restarts after it, whether we hear so or not.

    When nothing is heard, it may have restarted, or wait for bytes of the message that were lost: line ends make up for
    those, and to a console they are empty lines.
    """
    for _ in range(_TRIES):
        dialog.write(data)
        line = dialog.answer_line(_ANSWER_S)
        if line is None:
            dialog.write(b"\n" * len(data))
            line = dialog.answer_line(_STILL_THERE_S)
            if line is None or not line.startswith("err "):
                return
        if line.startswith("ok "):
            return
        if not line.startswith("err message"):
            raise _refused(line)
        dialog.quiet(_QUIET_S)


def _refused(line: str) -> LinkError | BoardError:
    if line.startswith("err silence"):
        return NoAnswerError("the board gave up waiting", "run the same command again; it goes on where it was")
    name, _, text = line.removeprefix("err ").partition(": ")
    return BoardError("update", name, text)
