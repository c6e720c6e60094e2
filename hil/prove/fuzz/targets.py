"""What is fuzzed, and what must hold whatever comes in. A target raises anything at all when it does not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from hil.prove.fuzz import file_grammars
from hil.prove.fuzz import file_targets as files
from hil.prove.fuzz import gnss_targets as gnss
from hil.prove.fuzz import line_grammars as lines
from hil.prove.fuzz.engine import Grammar, Target
from hil.prove.fuzz.file_targets import read_or_refused
from hil.prove.fuzz.odd_values import json_text, number
from sapper.link.telemetry import FrameWriter
from sapper.shared import wire
from sapper.shared.commands import COMMANDS, ROWS
from sapper.shared.fields import answer_values, check_frame
from sapper.shared.settings import TABLE, Settings
from sapper.storage import log_file, name_file, settings_file
from sapper_host.board.answers import Answer, AnswerQueue, Pending
from sapper_host.board.decoder import StreamDecoder, Text, parse_event_text
from sapper_host.board.settings import values_of as settings_of
from sapper_host.board.signing import RadioEncoder
from sapper_host.board.status_text import frames_of_status
from sapper_host.errors import SapperError
from sapper_host.files.checkout import ROOT
from sapper_host.files.temporary import temporary_folder
from sapper_host.operate.monitor_state import MonitorState
from sapper_host.operate.monitor_view import plain_line
from sapper_host.recordings.mcap_file import McapReading
from sapper_host.recordings.recorder import Recorder
from sapper_host.recordings.session import read_session
from sapper_host.update.bundle import parse_manifest
from sapper_host.update.wire import sector_of

_SEEDS = ROOT / "tests" / "hil" / "prove" / "fuzz" / "seeds"
# The application on a board in memory.
_BENCH = ROOT / "tests" / "firmware" / "fakes"


def _frames() -> bytes:
    writer = FrameWriter()
    return b"".join(bytes(writer.make(row[0], *range(len(row[3])))) for row in wire.MESSAGES)


# The longest line that waits to be sent: one of `help`.
_REST_MAX = max(len(f"  {row[1]:<30} {row[4]}\r\n") for row in COMMANDS)


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
        try:
            for _ in range(len(data) // 32 + 5):
                bench.tick()
        except KeyboardInterrupt:
            if port or b"\x03" not in data:
                raise
            # over USB, with silence around it, it asks for MicroPython's prompt: as it should
        bench.ports[port].waiting = b""
        app = bench.app
        link = app.links[port]
        assert not bench.board.interlock.up, "MOTOR_EN rose"
        assert not any(motor.engaged or motor.duty_pm for motor in bench.board.motors), "a motor was driven"
        assert len(link._lines) <= 40 and len(link._answers) <= 8 and len(link._rest) <= _REST_MAX, "a queue grew"
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


def _event_lines() -> Target:
    """A line is an event that reads the same again, or none."""

    def read(data: bytes) -> None:
        line = data.decode("utf-8", "replace")
        event = parse_event_text(line)
        assert parse_event_text(event.line()) == event, f"read as {event.line()}"
        assert 0 <= event.t_ms < 1 << 32 and 0 <= event.number < 1 << 16 and abs(event.s_mm) <= 1 << 31

    return read_or_refused(read, ValueError)


def _frame_bodies() -> Target:
    return read_or_refused(wire.decode, wire.WireError)


def _answers() -> Target:
    """What a board answers, to everything that reads values out of answers."""

    def feed(data: bytes) -> None:
        [*items] = StreamDecoder().feed(data.replace(b"\0", b"") + b"\n")
        lines = [item.line for item in items if isinstance(item, Text)]
        queue = AnswerQueue()
        for line in lines:
            queue.add(Pending("status"))
            queue.take(line, 0.0)
            answer = Answer("nonce 0123456789abcdef", line, tuple(lines))
            frames = []
            with suppress(ValueError):
                frames = frames_of_status(answer.values(), 0)
            for frame in frames:
                check_frame(frame.name, frame.fields)
            with suppress(SapperError):
                RadioEncoder(bytes(32), "0" * 16).renew(answer)
            with suppress(ValueError):
                answer_values("clock", answer.values())
            with suppress(ValueError):
                parse_manifest("\n".join(lines))
            settings_of(answer.lines)
            sector_of(line)

    return feed


def _recording() -> Target:
    """A board's bytes, recorded and shown as they come; the recording reads again, at times that can be."""
    folder = temporary_folder("fuzz")
    now_ns = 1_700_000_000_000_000_000
    longest_ns = (1 << 32) * 1_000_000

    def feed(data: bytes) -> None:
        path = Path(folder.name) / "r.mcap"
        path.unlink(missing_ok=True)
        decoder, state = StreamDecoder(), MonitorState()
        with Recorder(path, lambda: now_ns) as recorder:
            for start in range(0, len(data), 61):
                for item in decoder.feed(data[start : start + 61]):
                    recorder.take(item)
                    state.take(item, decoder.counts)
        assert plain_line(state).isprintable()
        count = 0
        for message in McapReading(path).messages():
            assert abs(message.log_time_ns - now_ns) <= 100 * longest_ns, "a time that cannot be"
            count += 1
        assert count == recorder.messages
        with suppress(SapperError):
            read_session(path)

    return feed


_SETTINGS = "\n".join(Settings().dump_lines()).encode()
_LINES = tuple(f"{row[1]}\n".encode() for row in ROWS.values() if row[0] not in ("repl", "bootloader"))


class Fuzzed(NamedTuple):
    """A target: what makes it, what inputs are made from, and the grammar that makes others."""

    make: Callable[[], Target]
    seeds: tuple[bytes, ...] = ()
    grammar: Grammar | None = None


_TRACE = files.HEADER + files.ROWS
TARGETS: dict[str, Fuzzed] = {
    "console-usb": Fuzzed(
        lambda: _console(0), (*_LINES, b"set sweep_mm_s 300\r", b"\x08\x7f\x03\r\n"), lines.console_lines
    ),
    "console-radio": Fuzzed(
        lambda: _console(1), (*_LINES, b"@1 0123456789abcdef arm\n", b"@999999999 00 stop\n"), lines.console_lines
    ),
    "telemetry": Fuzzed(
        _telemetry, (_frames(), b"ok\r\n* 1 2 boot s_mm=0 cause=watchdog\r\n" + _frames()), lines.board_stream
    ),
    "recording": Fuzzed(_recording, (_frames(),), lines.board_stream),
    "answers": Fuzzed(_answers, (b"ok state=SAFE t_ms=1",), lambda random: _answer_of(random)),
    "settings": Fuzzed(_settings, (_SETTINGS, b"# x\nsweep_mm_s = 300 # y\n"), lambda random: _settings_text(random)),
    "settings-laptop": Fuzzed(files.settings_file, (_SETTINGS,), lambda random: _settings_text(random)),
    "keys-file": Fuzzed(files.keys_file, (files.KEYS,)),
    "event-line": Fuzzed(
        _event_lines,
        (b"* 5 770 state s_mm=120 to=STOPPED from=SWEEP reason=operator", b"* 1 0 mark s_mm=0 count=1"),
        lines.event_line,
    ),
    "frame": Fuzzed(_frame_bodies, (_frames()[2:60], b"\x01\x01" + bytes(40))),
    "gnss-nmea": Fuzzed(gnss.receiver, gnss.SENTENCES, gnss.sentences),
    "gnss-ubx": Fuzzed(gnss.receiver, gnss.FRAMES, gnss.frames),
    "gnss-corrections": Fuzzed(gnss.corrections, gnss.CORRECTIONS, gnss.corrections_of),
    "json": Fuzzed(files.json_values, (files.TRUTH,), files.json_grammar),
    "trace-csv": Fuzzed(lambda: files.trace(".csv"), (_TRACE,), file_grammars.trace_csv),
    "trace-mcap": Fuzzed(lambda: files.trace(".mcap"), (), files.trace_grammar),
    "mcap": Fuzzed(files.mcap, (), files.session_grammar),
    "session": Fuzzed(files.session, (), files.session_grammar),
    "truth": Fuzzed(files.truth, (files.TRUTH,), lambda random: json_text(random, file_grammars.truth(random))),
    "names": Fuzzed(files.names, (b"a", b"$x_1^2$"), files.name_grammar),
    "uf2": Fuzzed(files.uf2, (), file_grammars.uf2_file),
    "bundle": Fuzzed(files.bundle_file, (), files.bundle_grammar),
    "world": Fuzzed(files.world_file, (b"[world]\nlane_length_m = 5\n",), file_grammars.world),
    "kept-files": Fuzzed(files.kept_files, (b"ab" * 32,), files.kept_grammar),
    "command-info": Fuzzed(
        lambda: files.command(["trace", "info", "{path}"], "t.csv"), (_TRACE,), file_grammars.trace_csv
    ),
    "command-map": Fuzzed(
        lambda: files.command(["map", "{path}", "--out", "{out}"], "s.mcap"), (), files.session_grammar
    ),
}


def _answer_of(random: Random) -> bytes:
    return b"\n".join(random.choice((lines.answer_line, lines.event_line))(random) for _ in range(3))


def _settings_text(random: Random) -> bytes:
    made = [f"{random.choice(TABLE)[0]} = {number(random)}" for _ in range(random.randrange(1, 6))]
    return "\n".join(made).encode("utf-8", "replace")


def seeds_of(name: str) -> Sequence[bytes]:
    """The built-in seeds of a target, and those kept in tests/hil/prove/fuzz/seeds/NAME/ (some once failed)."""
    built_in = TARGETS[name].seeds
    if name in ("trace-mcap", "mcap", "session", "command-map"):
        built_in = (files.mcap_seed(),)
    elif name == "bundle":
        built_in = (files.small_bundle(),)
    elif name == "uf2":
        built_in = (file_grammars.uf2_file(Random(1)),)
    return built_in + tuple(path.read_bytes() for path in sorted((_SEEDS / name).glob("*")))
