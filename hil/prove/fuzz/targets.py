"""What is fuzzed, and what must hold whatever comes in. A target raises anything at all when it does not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hil.prove.fuzz.engine import Target
from sapper.link.telemetry import FrameWriter
from sapper.shared import fields, wire
from sapper.shared.commands import ROWS
from sapper.shared.settings import TABLE, Settings
from sapper.storage import log_file, name_file, settings_file
from sapper_host.board.decoder import StreamDecoder
from sapper_host.errors import SapperError
from sapper_host.files.checkout import ROOT
from sapper_host.files.temporary import temporary_folder

_SEEDS = ROOT / "tests" / "hil" / "prove" / "fuzz" / "seeds"
# The application on a board in memory.
_BENCH = ROOT / "tests" / "firmware" / "fakes"


def _frames() -> bytes:
    writer = FrameWriter()
    return b"".join(bytes(writer.make(row[0], *range(len(row[3])))) for row in wire.MESSAGES)


def _console(port: int) -> Target:
    """The whole application, disarmed: bytes on one port, some ticks. Nothing moves, nothing is raised or kept."""
    if str(_BENCH) not in sys.path:
        sys.path.insert(0, str(_BENCH))
    files = temporary_folder("fuzz-board")  # what `save` and `name` keep goes there, and not to this machine's root
    for module in (settings_file, name_file, log_file):
        vars(module)["PATH"] = str(Path(files.name) / module.__name__)
    bench: Any = importlib.import_module("bench").Bench()
    bench.app.gate.set_key(bytes(32))  # without one no MAC is ever looked at

    def feed(data: bytes) -> None:
        assert files.name  # held as long as the target is
        bench.ports[port].waiting = data
        bench.ports[port].sent = b""
        for _ in range(len(data) // 32 + 5):
            bench.tick()
        bench.ports[port].waiting = b""
        app = bench.app
        link = app.links[port]
        assert not bench.board.interlock.up, "MOTOR_EN rose"
        assert not any(motor.engaged or motor.duty_pm for motor in bench.board.motors), "a motor was driven"
        assert len(link._lines) <= 40 and len(link._answers) <= 8 and len(link._rest) <= 200, "a queue grew"
        assert len(link.reader._line if port else link.reader._bytes) == 160, "the line grew"
        if port == 1:
            assert app.leave_for == "" and not app.settings.diff(), "the radio changed something unsigned"
        app.leave_for = ""

    return feed


def _telemetry() -> Target:
    """The laptop's decoder, fed in uneven pieces; what it holds back is bounded."""

    def feed(data: bytes) -> None:
        decoder = StreamDecoder()
        for start in range(0, len(data), 37):
            decoder.feed(data[start : start + 37])
        decoder.feed(b"\0\n")
        for _ in range(20):
            decoder.feed(b"x" * 1000)
        held = sum(len(value) for value in vars(decoder).values() if isinstance(value, (bytes, bytearray)))
        assert held < 20_000, f"{held} bytes held back"

    return feed


def _settings() -> Target:
    """A settings file of any content: named and refused, or taken whole and within bounds."""
    folder = temporary_folder("fuzz")

    def feed(data: bytes) -> None:
        path = Path(folder.name) / "settings.txt"  # keeps the folder
        path.write_bytes(data)
        settings = Settings()
        old, settings_file.PATH = settings_file.PATH, str(path)
        try:
            wrong = settings_file.load(settings)
        finally:
            settings_file.PATH = old
        assert len(wrong) < 400
        for name, default, low, high, *_ in TABLE:
            value = settings.get(name)
            assert low <= value <= high, name
            assert not wrong or value == default, f"{name} was changed by a refused file"

    return feed


def _read_or_refused(read: Callable[[bytes], object], refusal: type[Exception]) -> Target:
    """Any input is read, or refused with this exception and no other."""

    def feed(data: bytes) -> None:
        with suppress(refusal):
            read(data)

    return feed


def _event_lines() -> Target:
    return _read_or_refused(lambda data: fields.parse_line(data.decode("ascii", "replace")), ValueError)


def _frame_bodies() -> Target:
    return _read_or_refused(wire.decode, wire.WireError)


def _file(name: str, read: Callable[[Path], object]) -> Target:
    """A file of this name with any content: read, or refused with a SapperError."""
    folder = temporary_folder("fuzz")

    def read_file(data: bytes) -> None:
        path = Path(folder.name) / name
        path.write_bytes(data)
        read(path)

    return _read_or_refused(read_file, SapperError)


def _trace(suffix: str) -> Target:
    from sapper_host.recordings.trace import read_trace

    return _file(f"trace{suffix}", read_trace)


def _truth() -> Target:
    from sapper_host.recordings.truth import read_truth

    return _file("t.truth.json", read_truth)


_LINES = tuple(f"{row[1]}\n".encode() for row in ROWS.values() if row[0] not in ("repl", "bootloader"))
_HEADER = b"# sapper-trace 1\n# seed\nt_s,gate0_mv,gate1_mv,gate2_mv,vsys_mv,temp_c,left_ticks,right_ticks\n"
_ROWS = b"0.00,1650.0,1650.0,1650.0,5000,27.0,0,0\n0.01,1651.2,,1649.9,,,3,3\n0.02,1650,1650,1650,5000,27,6,6\n"

TARGETS: dict[str, tuple[Any, tuple[bytes, ...]]] = {
    "console-usb": (lambda: _console(0), _LINES + (b"set sweep_mm_s 300\r", b"\x08\x7f\x03\r\n")),
    "console-radio": (lambda: _console(1), _LINES + (b"@1 0123456789abcdef arm\n", b"@999999999 00 stop\n")),
    "telemetry": (_telemetry, (_frames(), b"ok\r\n* 1 2 boot s_mm=0 cause=watchdog\r\n" + _frames())),
    "settings": (_settings, ("\n".join(Settings().dump_lines()).encode(), b"# x\nsweep_mm_s = 300 # y\n")),
    "event-line": (
        _event_lines,
        (b"* 5 770 state s_mm=120 to=STOPPED from=SWEEP reason=operator", b"* 1 0 boot s_mm=0"),
    ),
    "frame": (_frame_bodies, (_frames()[2:60], b"\x01\x01" + bytes(40))),
    "trace-csv": (lambda: _trace(".csv"), (_HEADER + _ROWS,)),
    "trace-mcap": (lambda: _trace(".mcap"), ()),
    "truth": (
        _truth,
        (b'{"lane_length_m": 6, "swath_m": 0.5, "speed_m_s": 0.3, "targets": [{"s_m": 1, "lateral_m": 0, "name": "a",'
         b' "distance_cm": 5}], "hot_rocks": [{"s_m": 2}], "stuck": [{"gate": 1, "t0": 0, "t1": 1}]}',),
    ),
}  # fmt: skip


def seeds_of(name: str) -> Sequence[bytes]:
    """The built-in seeds of a target, and those kept in tests/hil/prove/fuzz/seeds/NAME/ (some once failed)."""
    built_in = TARGETS[name][1]
    kept = tuple(path.read_bytes() for path in sorted((_SEEDS / name).glob("*")))
    if name == "trace-mcap":
        built_in = (_mcap_seed(),)
    return built_in + kept


def _mcap_seed() -> bytes:
    from sapper_host.recordings.trace import convert

    with temporary_folder("fuzz") as folder:
        source, target = Path(folder) / "a.csv", Path(folder) / "a.mcap"
        source.write_bytes(_HEADER + _ROWS)
        convert(source, target)
        return target.read_bytes()
