"""Files that look right: traces, truths, sessions, firmware, updates, worlds, with one thing or another odd in them."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import lz4.frame  # type: ignore[import-untyped, unused-ignore]
import zstandard
from mcap.data_stream import RecordBuilder
from mcap.records import Attachment, Channel, Chunk, DataEnd, Footer, Header, Message, MessageIndex, Metadata
from mcap.writer import MCAP0_MAGIC

from hil.prove.fuzz.line_grammars import event_value
from hil.prove.fuzz.odd_values import NAMES, json_text, number, odd
from sapper.shared import events
from sapper.shared.fields import FRAME_FIELDS
from sapper_host.flash import binary_info, boot_stage, build_mark, uf2


def truth(random: Random) -> dict[str, Any]:
    """A truth."""
    made = odd(random, {"lane_length_m": 6, "swath_m": 0.5, "speed_m_s": 0.3})
    for name, row in (
        ("targets", {"s_m": 1.5, "lateral_m": 0.1, "name": "a", "distance_cm": 5}),
        ("hot_rocks", {"s_m": 2}),
        ("stuck", {"gate": 1, "t0": 0, "t1": 1}),
    ):
        made[name] = [odd(random, row, 0.1) for _ in range(random.randrange(3))]
    for target in made["targets"]:
        if "name" in target and random.random() < 0.5:
            target["name"] = random.choice(NAMES)
    return odd(random, made, 0.1)


def trace_csv(random: Random) -> bytes:
    """A trace as text."""
    lines = ["# sapper-trace 1", f"# {random.choice(NAMES)}".replace("\n", " ")]
    if random.random() < 0.2:
        lines.append(f"# ticks_per_m: {number(random)}")
    lines.append("t_s,gate0_mv,gate1_mv,gate2_mv,vsys_mv,temp_c,left_ticks,right_ticks")
    step_s = random.choice((0.01, 0.01, 0.5, 1e-9, 4e-10))
    for i in range(random.randrange(1, 30)):
        cells = [f"{i * step_s:.{random.choice((2, 4, 10))}f}", "1650.25", "1651", "1649.5", "5000", "20.5"]
        cells += [str(3 * i)] * 2
        if random.random() < 0.05:
            cells[random.randrange(len(cells))] = number(random)
        lines.append(",".join(cells))
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def session_messages(random: Random) -> list[tuple[str, int, bytes]]:
    """(topic, time in ns, message) of a recorded session."""
    made: list[tuple[str, int, bytes]] = []
    if random.random() < 0.5:
        made.append(("/truth", 0, json_text(random, truth(random))))
    share = random.choice((0.0, 0.0, 0.02, 0.2))
    for i in range(random.randrange(1, 40)):
        at_ns = i * 200_000_000
        place = {"t_ms": i * 200, "s_mm": i * 60, "x_mm": i * 60}
        status = dict.fromkeys(FRAME_FIELDS["STATUS"], 0) | place
        made.append(("/status", at_ns, json_text(random, odd(random, status, share))))
        detect = dict.fromkeys(FRAME_FIELDS["DETECT"], 1) | {"t_ms": i * 200, "s_mm": i * 60}
        made.append(("/detect", at_ns, json_text(random, odd(random, detect, share))))
        if random.random() < 0.3:
            row = random.choice(events.KINDS)
            args: dict[str, Any] = {}
            for name in row[2]:
                text = event_value(random, name)
                args[name] = text if name in events.ENUMS or name in events.BITS else _int(text)
            event = {"number": i, "t_ms": i * 200, "kind": row[1], "s_mm": i * 60, "text": "x", "args": args}
            made.append(("/event", at_ns, json_text(random, odd(random, event, share))))
    return made


def trace_messages(random: Random) -> list[tuple[str, int, bytes]]:
    """(topic, time in ns, message) of a trace."""
    made: list[tuple[str, int, bytes]] = []
    if random.random() < 0.3:
        made.append(("/truth", 0, json_text(random, truth(random))))
    share = random.choice((0.0, 0.0, 0.02, 0.2))
    for i in range(random.randrange(1, 30)):
        for topic, values in (
            ("/detector", {"t_s": i / 100, "gate0_mv": 1650.25, "gate1_mv": 1651, "gate2_mv": 1649.5}),
            ("/supply", {"vsys_mv": 5000, "temp_c": 20.5}),
            ("/encoders", {"left_ticks": 3 * i, "right_ticks": 3 * i}),
        ):
            message = json_text(random, odd(random, values, share))
            if random.random() < 0.02:
                message = message.replace(b"5", number(random).encode("utf-8", "replace"), 1)
            made.append((topic, i * 10_000_000, message))
    return made


def _int(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text


def mcap(random: Random, messages: list[tuple[str, int, bytes]]) -> bytes:
    """An MCAP file of these messages: packed in any way, with lies in its lengths here and there."""
    channels = {topic: i for i, topic in enumerate(dict.fromkeys(topic for topic, _, _ in messages), 1)}
    records = b""
    for topic, channel in channels.items():
        records += _record(random, Channel(channel, topic, "json", {}, 0))
    for i, (topic, at_ns, data) in enumerate(messages):
        records += _record(random, Message(channels[topic], at_ns, data, at_ns, i))
    packing = random.choice(("", "zstd", "lz4"))
    size, crc = len(records), zlib.crc32(records)
    if random.random() < 0.2:
        size = _lie(random, size)
    if random.random() < 0.2:
        crc = 0
    packed = _bomb(packing) if packing and random.random() < 0.02 else PACK[packing](records)
    name = packing if random.random() < 0.95 else random.choice(("rar", "zstd", "lz4", ""))
    chunk = Chunk(name, packed, 0, 0, crc, size)
    others = [MessageIndex(1, [(0, random.randrange(2**40))]), Attachment(0, 0, "a", "b", b"data"),
              Metadata(random.choice(("sapper-trace", "x")), {"version": "1", "provenance": "p"})]  # fmt: skip
    out = MCAP0_MAGIC + _record(random, Header("sapper", "x")) + _record(random, chunk)
    for record in random.sample(others, random.randrange(4)):
        out += _record(random, record)
    end = _record(random, DataEnd(0)) + _record(random, Footer(0, 0, 0)) + MCAP0_MAGIC
    return out + end if random.random() < 0.9 else out


PACK: dict[str, Callable[[bytes], bytes]] = {"": bytes, "zstd": zstandard.compress, "lz4": lz4.frame.compress}


@cache
def _bomb(packing: str) -> bytes:
    """What unpacks to a gigabyte: more than any chunk may hold, and than a fuzzed target gets."""
    piece = bytes(1 << 20)
    if packing == "zstd":
        squeeze = zstandard.ZstdCompressor().compressobj()
        return b"".join([squeeze.compress(piece) for _ in range(1024)]) + squeeze.flush()
    frame = lz4.frame.LZ4FrameCompressor()
    return bytes(frame.begin() + b"".join([frame.compress(piece) for _ in range(1024)]) + frame.flush())


def _record(random: Random, record: Any) -> bytes:
    builder = RecordBuilder()
    record.write(builder)
    made = bytearray(builder.end())
    lot = random.random()
    if lot < 0.01:
        made[1:9] = struct.pack("<Q", _lie(random, len(made) - 9))
    elif lot < 0.02 and len(made) > 20:
        at = random.randrange(9, len(made) - 8)
        made[at : at + 4] = struct.pack("<I", _lie(random, 100) & 0xFFFFFFFF)
    return bytes(made)


def _lie(random: Random, size: int) -> int:
    return random.choice((0, max(size - 1, 0), size + 1, 10 * size, 2**26, 2**31, 2**40, 2**63, 2**64 - 1))


def uf2_file(random: Random) -> bytes:
    """Blocks for the RP2040, mostly; the second one tells of the program by tables at places that may be anywhere."""
    count = random.randrange(1, 40)
    out = b""
    for i in range(count):
        fields = [*uf2.MAGIC_START, uf2.FLAG_FAMILY_PRESENT, uf2.FLASH_START + 256 * i, 256, i, count]
        fields.append(uf2.FAMILY_RP2040)
        if random.random() < 0.03:
            fields[random.randrange(8)] = random.choice((0, 1, 2**32 - 1, random.getrandbits(32), 0x20000000))
        payload = _boot2(random) if i == 0 else _binary_info(random) if i == 1 else random.randbytes(256)
        behind = bytes(220)
        if i == 0 and random.random() < 0.3:
            fields[2] |= build_mark.FLAG_EXTENSION_TAGS
            behind = _tags(random)
        out += struct.pack("<8I", *fields) + payload + behind + struct.pack("<I", uf2.MAGIC_END)
    return out


def _tags(random: Random) -> bytes:
    """What a build says of itself, whose sizes may lie."""
    tags = b""
    for kind, size in ((build_mark.TAG_VERSION, random.randrange(1, 40)), (build_mark.TAG_SHA2, 32)):
        told = 4 + size if random.random() < 0.8 else random.randrange(256)
        tags += bytes([told]) + kind.to_bytes(3, "little") + random.randbytes(size) + bytes(-size % 4)
    return tags.ljust(220, b"\0")[:220]


def _boot2(random: Random) -> bytes:
    code = random.randbytes(252)
    return code + struct.pack("<I", boot_stage.checksum(code))


def _binary_info(random: Random) -> bytes:
    """Marks, a table of one entry, the entry and its text, at the addresses of the second block."""
    at = uf2.FLASH_START + 256
    marks = [binary_info.MARKER_START, at + 20, at + 24, 0, binary_info.MARKER_END]
    entry = [at + 24, binary_info.STRING, random.choice((binary_info.PROGRAM_NAME, 1)), at + 36]
    words = marks + entry
    if random.random() < 0.4:
        words[random.choice((1, 2, 5, 8))] = random.choice((0, 2**32 - 1, at, uf2.FLASH_START + 256 * 100))
    text = random.choice(NAMES).encode("utf-8", "replace")[:200] + bytes(random.randrange(2))
    return (struct.pack("<9I", *words) + text).ljust(256, b"\xff")[:256]


def zip_file(random: Random, members: dict[str, bytes]) -> bytes:
    """A zip of these files, of which one may unpack to a lot, or lie about its size."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            if random.random() < 0.05:
                data = bytes(20_000_000)
            elif random.random() < 0.1:
                data = data.replace(b"=", b"=" + number(random).encode("utf-8", "replace"), 1)
            if random.random() > 0.03:
                archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    made = bytearray(stream.getvalue())
    if random.random() < 0.2 and (at := made.rfind(b"PK\x01\x02")) >= 0:
        made[at + 24 : at + 28] = struct.pack("<I", random.choice((0, 1, 1000, 2**31)))
    return bytes(made)


def world(random: Random) -> bytes:
    """A world's TOML."""
    lines = []
    for section, names in (
        ("[world]", ("lane_length_m", "swath_m", "seed")),
        ("[rover]", ("mass_kg", "track_width_m")),
        ("[[target]]", ("x_m", "depth_m", "radius_m", "name", "material", "shape")),
        ("[[hot_rock]]", ("x_m",)),
        (f"[{random.choice(('soil', 'drift', 'fault', 'x', '[fault]'))}]", ("a", "t0_s")),
    ):
        if random.random() < 0.7:
            lines.append(section)
            lines += [f"{name} = {_toml(random)}" for name in names if random.random() < 0.7]
    if random.random() < 0.02:
        lines.append("a = " + "[" * random.randrange(1, 50_000))
    return "\n".join(lines).encode("utf-8", "replace")


def _toml(random: Random) -> str:
    lot = random.random()
    if lot < 0.5:
        return random.choice(("0.1", "1", "5", "0.02", "[0.1, 0.2, 0.3]", "inf", "nan"))
    return number(random) if lot < 0.75 else json.dumps(random.choice(NAMES))
