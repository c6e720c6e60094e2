"""The readers of files that are fuzzed: each reads whatever it is given, or refuses it with a documented error."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from hil.errors import HilError
from hil.prove.fuzz import file_grammars
from hil.prove.fuzz.engine import Target
from hil.prove.fuzz.odd_values import json_text as odd_json
from hil.prove.fuzz.odd_values import value
from sapper_host.errors import SapperError, Status
from sapper_host.files.temporary import temporary_folder
from sapper_host.outside import json_text

HEADER = b"# sapper-trace 1\n# seed\nt_s,gate0_mv,gate1_mv,gate2_mv,vsys_mv,temp_c,left_ticks,right_ticks\n"
ROWS = b"0.00,1650.0,1650.0,1650.0,5000,27.0,0,0\n0.01,1651.2,,1649.9,,,3,3\n0.02,1650,1650,1650,5000,27,6,6\n"
TRUTH = (
    b'{"lane_length_m": 6, "swath_m": 0.5, "speed_m_s": 0.3, "targets": [{"s_m": 1, "lateral_m": 0, "name": "a",'
    b' "distance_cm": 5}], "hot_rocks": [{"s_m": 2}], "stuck": [{"gate": 1, "t0": 0, "t1": 1}]}'
)
# Drawing takes half a second: of so many sessions one is drawn.
_DRAWN = 40


def read_or_refused(read: Callable[[bytes], object], *refusals: type[Exception]) -> Target:
    """Any input is read, or refused with one of these exceptions and no other."""

    def feed(data: bytes) -> None:
        with suppress(*refusals):
            read(data)

    return feed


def _file(name: str, read: Callable[[Path], object], *more: type[Exception]) -> Target:
    """A file of this name with any content: read, or refused with a SapperError."""
    folder = temporary_folder("fuzz")

    def read_file(data: bytes) -> None:
        path = Path(folder.name) / name
        path.write_bytes(data)
        read(path)

    return read_or_refused(read_file, SapperError, *more)


def trace(suffix: str) -> Target:
    """A trace: what is read is written in both formats, and reads the same again."""
    from sapper_host.recordings.trace import convert, read_trace

    def read(path: Path) -> None:
        first = read_trace(path)
        for ending in (".mcap", ".csv"):
            target = path.with_name("converted" + ending)
            convert(path, target)
            again = read_trace(target)
            assert (again.t_s == first.t_s).all(), "other times after conversion"

    return _file(f"trace{suffix}", read)


def truth() -> Target:
    """A truth beside a trace."""
    from sapper_host.recordings.truth import read_truth

    return _file("t.truth.json", read_truth)


def json_values() -> Target:
    """The reader of JSON takes nothing that the standard library reads as something else."""

    def read(data: bytes) -> None:
        taken = json_text.parse(data)
        assert taken == json.loads(data.decode("utf-8-sig")), "read as something else"
        json.dumps(taken, allow_nan=False, ensure_ascii=False).encode()

    return read_or_refused(read, json_text.JsonError)


def mcap() -> Target:
    """An MCAP file of anything: read to its end or first damage, and repaired."""
    from sapper_host.recordings.mcap_file import McapReading, repair

    def read(path: Path) -> None:
        count = sum(1 for _ in McapReading(path).messages())
        whole = path.with_name("whole.mcap")
        whole.unlink(missing_ok=True)
        kept, _ = repair(path, whole)
        assert kept <= count, "more than there was"

    return _file("m.mcap", read)


def session() -> Target:
    """A recorded session, of which some are drawn."""
    from sapper_host.pictures.map_plot import plot_map
    from sapper_host.recordings.session import read_session
    from sapper_host.recordings.survey import survey_of

    drawn = Random(1)

    def read(path: Path) -> None:
        recorded = read_session(path)
        for events in recorded.events:
            assert isinstance(events["t_s"], float) and isinstance(events["kind"], str)
        if drawn.randrange(_DRAWN) == 0:
            plot_map(survey_of(recorded), path.with_suffix(".png"))

    return _file("s.mcap", read)


def names() -> Target:
    """Names of a truth's objects, through what prints and what draws them."""
    from sapper_host.pictures import style

    folder = temporary_folder("fuzz")

    def read(data: bytes) -> None:
        name = data.decode("utf-8", "surrogatepass") if data.isascii() else data.decode("utf-8", "replace")
        made = style.figure(2, 1)
        made.text(0.5, 0.5, style.label(name))
        style.save(made, Path(folder.name) / "n.svg")
        error = SapperError(name, name)
        assert all(c.isprintable() or c == "\n" for c in str(error)), "control characters in an error"

    return read


def command(arguments: list[str], file_name: str) -> Target:
    """The `sapper` command on a file: no traceback, a documented status, nothing that a terminal would obey."""
    from sapper_host.cli import main

    folder = temporary_folder("fuzz")
    path = Path(folder.name) / file_name

    def feed(data: bytes) -> None:
        assert folder.name
        path.write_bytes(data)
        words = [word.format(path=path, out=path.with_name("out.png")) for word in arguments]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(words)
        assert status in set(Status), f"status {status}"
        text = out.getvalue() + err.getvalue()
        assert "Traceback" not in text
        odd = {c for c in text if not c.isprintable() and c != "\n"}
        assert not odd, f"control characters on the terminal: {odd}"

    return feed


def settings_file() -> Target:
    """A settings file on the laptop."""
    from sapper_host.board import settings_text

    return _file("s.txt", settings_text.read)


def uf2() -> Target:
    """A firmware file."""
    from sapper_host.flash.uf2 import FLASH_BYTES, read_uf2

    def read(path: Path) -> None:
        image = read_uf2(path)
        assert len(image.data) <= FLASH_BYTES and all(len(text) < 1000 for text in image.program())

    return _file("f.uf2", read)


@cache
def small_bundle() -> bytes:
    """A bundle of one module, made here."""
    from sapper_host.update import bundle

    with temporary_folder("fuzz") as name:
        folder = Path(name)
        (folder / "a.mpy").write_bytes(b"M\x06\x00\x1f" + bytes(60))
        about = {"modules": ["a.mpy"], "version": "0.1.0", "git": "g", "content": "c", "micropython": "1.25"}
        (folder / "build.json").write_text(json.dumps(about))
        bundle.write(bundle.make(folder), folder / "b.sapper")
        return (folder / "b.sapper").read_bytes()


def bundle_file() -> Target:
    """An update."""
    from sapper_host.update import bundle

    return _file("b.sapper", lambda path: bundle.read(path).describe())


def bundle_grammar(random: Random) -> bytes:
    """The members of a bundle, with lies."""
    import zipfile

    with zipfile.ZipFile(io.BytesIO(small_bundle())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return file_grammars.zip_file(random, members)


def world_file() -> Target:
    """A world."""
    from hil.world.world_file import load_world_file

    return _file("w.toml", load_world_file, HilError)


KEYS = b"sapper keys 1\nscrypt 17 8 1 " + 22 * b"A" + b"==\naes-256-gcm " + 16 * b"A" + b"\nsealed QUJD\nsha256 \n"


def keys_file() -> Target:
    """With a sum that is right, or all damage ends there. What comes after, scrypt, is slow by design."""
    from sapper_host.board.sealed_keys import KeysFileError, check

    def look(data: bytes) -> None:
        body, _, _ = data.decode("latin-1").partition("sha256 ")
        check(f"{body}sha256 {hashlib.sha256(body.encode()).hexdigest()}\n")

    return read_or_refused(look, KeysFileError)


def kept_files() -> Target:
    """What programs of this user leave for one another: keys, counters, rigs that run."""
    from sapper_host.board.counters import Counters
    from sapper_host.board.key_store import KeyStore
    from sapper_host.connected import run_registry
    from sapper_host.update.team_key import load

    board = "0" * 16

    def read(path: Path) -> None:
        data = path.read_bytes()
        with suppress(SapperError):
            KeyStore(path.parent).load(board)
        with suppress(SapperError):
            load(path)
        (path.parent / f"{board}.json").write_bytes(data)
        assert Counters(board, path.parent).reserve("n", 5, 1)
        run = path.parent / "run"
        run.mkdir(exist_ok=True)
        (run / "1-x-1.json").write_bytes(data)
        old, vars(run_registry)["_run_folder"] = run_registry._run_folder, lambda: run
        try:
            for rig in run_registry.running_rigs():
                assert isinstance(rig.ports, dict) and isinstance(rig.pid, int)
        finally:
            vars(run_registry)["_run_folder"] = old

    return _file(f"{board}.key", read)


def kept_grammar(random: Random) -> bytes:
    """One of those files."""
    kept: list[dict[str, Any]] = [
        {"nonce": "n", "counter": random.randrange(100)},
        {"pid": 1, "rig": "virtual", "ports": {"usb": "/dev/pts/1"}, "world": "", "started_s": 1.0, "bootsel": ""},
    ]
    if random.random() < 0.2:
        return random.choice((b"ab" * 32, b"AB" * 32 + b"\n", b"ab" * 1000))
    return odd_json(random, file_grammars.odd(random, random.choice(kept), 0.8))


def json_grammar(random: Random) -> bytes:
    """Any JSON, and some that is none."""
    return odd_json(random, value(random))


def name_grammar(random: Random) -> bytes:
    """Names, one after another."""
    return "".join(random.choice(file_grammars.NAMES) for _ in range(random.randrange(1, 4))).encode("utf-8", "replace")


def session_grammar(random: Random) -> bytes:
    """A session that is an MCAP file without lies in its lengths, mostly."""
    return file_grammars.mcap(random, file_grammars.session_messages(random))


def trace_grammar(random: Random) -> bytes:
    """A trace that is an MCAP file."""
    return file_grammars.mcap(random, file_grammars.trace_messages(random))


def mcap_seed() -> bytes:
    """A small trace."""
    from sapper_host.recordings.trace import convert

    with temporary_folder("fuzz") as folder:
        source, target = Path(folder) / "a.csv", Path(folder) / "a.mcap"
        source.write_bytes(HEADER + ROWS)
        convert(source, target)
        return target.read_bytes()
