"""A bounded run of every fuzz target; `make fuzz` runs them for long."""

import base64
import contextlib
import json
import re
from pathlib import Path
from random import Random

import lz4.frame
import pytest
import zstandard

import hil.prove.fuzz.__main__ as fuzz_main
from hil.prove.fuzz import engine
from hil.prove.fuzz.__main__ import heap_growth, main
from hil.prove.fuzz.engine import fuzz, keep, little_memory, mutations
from hil.prove.fuzz.targets import TARGETS, seeds_of
from hil.world import toml_tables
from sapper.sensors import nmea, rtcm, ubx
from sapper.shared import fields
from sapper_host.board import decoder, sealed_keys, settings_text, status_text
from sapper_host.connected import run_registry
from sapper_host.flash import binary_info
from sapper_host.outside import json_text
from sapper_host.pictures import map_plot, style
from sapper_host.recordings import mcap_records, trace_rows
from sapper_host.update import bundle
from sapper_host.verbs.trace import info

INPUTS = {
    "console-usb": 300, "console-radio": 300, "trace-csv": 300, "trace-mcap": 300, "recording": 200, "names": 100,
    "session": 150, "mcap": 300, "uf2": 300, "bundle": 100, "command-info": 25, "command-map": 25, "kept-files": 300,
    "gnss-nmea": 300, "gnss-ubx": 300, "gnss-corrections": 300,
}  # fmt: skip


def tried(name, inputs, seed=7):
    target = TARGETS[name]
    return fuzz(name, target.make(), seeds_of(name), seed, 40, inputs, target.grammar)


@pytest.mark.unit
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_hostile_gets_through(name):
    count, failures = tried(name, INPUTS.get(name, 1000))
    assert count >= 20
    assert not failures, [(failure.error, failure.data[:200]) for failure in failures[:3]]


def loose_json(data, most=0, number=None):
    return json.loads(data)


UNPACK = {"": bytes, "zstd": lambda data: zstandard.decompress(data, 1 << 31), "lz4": lz4.frame.decompress}
# Target, and what is spoilt for it: where, what, and by what.
SPOILT = {
    "event-line": (fields, "_check", lambda *_: None),
    "recording": (decoder, "parse_line", lambda line: fields.parse_line(line) | {"t_ms": 10**30}),
    "answers": (status_text, "answer_values", lambda _, words: {"t_ms": -1} if "t_ms" in words else {}),
    "settings-laptop": (settings_text, "parse_value", lambda _, text: int(text + "_")),
    "gnss-nmea": (nmea, "place", lambda values, at: 1),
    "gnss-ubx": (ubx, "_is_place", lambda *_: True),
    "gnss-corrections": (rtcm, "_nibble_table", lambda: [0] * 16),
    "json": (json_text, "parse", loose_json),
    "trace-csv": (trace_rows, "_CELL", re.compile(".*")),
    "trace-mcap": (json_text, "parse", loose_json),
    "mcap": (mcap_records, "unpack", lambda chunk: UNPACK[chunk.compression](chunk.data)),
    "session": (json_text, "parse", loose_json),
    "truth": (json_text, "parse", loose_json),
    "names": (style, "label", str),
    "uf2": (binary_info, "shown", lambda text: text + "x" * 2000),
    "bundle": (bundle, "_NOT_WHOLE", ()),
    "world": (toml_tables, "_in_bounds", lambda f, rule, value, *_: float(value)),
    "kept-files": (run_registry, "_entry", lambda value: run_registry.RunningRig(**value)),
    "keys-file": (sealed_keys, "_unb64", base64.b64decode),
    "command-info": (info, "say", print),
    "command-map": (map_plot, "title", lambda *_: {}["title"]),
}


@pytest.mark.unit
@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_reader_is_caught(name, monkeypatch):
    tried(name, 3)  # loads what it needs before memory is short
    where, what, by = SPOILT[name]
    monkeypatch.setattr(where, what, by)
    with little_memory():
        assert any(tried(name, 600, seed)[1] for seed in range(4)), f"{name} does not notice"


@pytest.mark.unit
def test_an_input_that_takes_for_ever_is_ended_and_caught(monkeypatch):
    monkeypatch.setattr(engine, "INPUT_CPU_S", 0.05)

    def target(data):
        with contextlib.suppress(Exception):
            while b"d" in data:
                pass

    count, failures = fuzz("slow", target, [b"abc", b"def"], 1, 30, 2)
    assert count == 2 and "of the processor" in failures[0].error


@pytest.mark.unit
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_an_input_that_wants_much_memory_is_caught():
    with little_memory():
        _, failures = fuzz("large", lambda data: bytearray(1 << 30), [b"abc"], 1, 30, 1)
    assert "MemoryError" in failures[0].error
    assert len(bytearray(1 << 30)) == 1 << 30, "the limit outlived its block"


@pytest.mark.unit
@pytest.mark.parametrize("name", [name for name in TARGETS if TARGETS[name].grammar])
def test_a_grammar_gives_the_same_again(name):
    one, two = ([TARGETS[name].grammar(random) for _ in range(40)] for random in (Random(3), Random(3)))
    assert one == two and len(set(one)) > 10


@pytest.mark.micropython
def test_hostile_lines_leave_nothing_on_the_heap():
    grown = heap_growth(500, 3)
    if grown is None:
        pytest.skip("build/micropython is not there: `make micropython`")
    assert grown == 0


@pytest.mark.unit
def test_a_target_that_fails_is_caught_and_its_input_kept(tmp_path):
    def target(data):
        if b"\xff" in data:
            raise KeyError("no")

    count, failures = fuzz("broken", target, [b"abc", b"def"], 1, 30, 100_000)
    assert failures and "KeyError" in failures[0].error
    assert b"\xff" in keep(failures, tmp_path)[0].read_bytes()


@pytest.mark.unit
def test_a_name_that_no_target_has_is_an_error_not_a_pass():
    with pytest.raises(SystemExit) as ended:
        main(["--only", "nothing of the kind"])
    assert ended.value.code == 2


@pytest.mark.unit
@pytest.mark.parametrize(("grown", "status"), [(0, 0), (16, 3), (None, 3)])
def test_a_heap_that_grew_or_was_not_measured_fails(grown, status, monkeypatch):
    monkeypatch.setattr(fuzz_main, "results", lambda names, *_: [(name, 1, []) for name in names])
    monkeypatch.setattr(fuzz_main, "heap_growth", lambda inputs, seed: grown)
    assert main(["--seconds", "0.1"]) == status


@pytest.mark.unit
def test_the_same_seed_gives_the_same_inputs():
    from itertools import islice

    one, two = (list(islice(mutations([b"abc", b"def"], Random(5)), 500)) for _ in range(2))
    assert one == two and len(set(one)) > 300


@pytest.mark.unit
def test_a_target_that_cannot_be_run_fails_and_holds_up_no_other():
    ran = {name: (count, failures) for name, count, failures in fuzz_main.results(["no such", "json"], 1, 0.5, 1)}
    assert ran["json"][0] > 20 and not ran["json"][1]
    assert ran["no such"][0] == 0 and "not run: KeyError" in ran["no such"][1][0].error
