"""A bounded run of every fuzz target; `make fuzz` runs them for long."""

import pytest

import hil.prove.fuzz.__main__ as fuzz_main
from hil.prove.fuzz.__main__ import heap_growth, main
from hil.prove.fuzz.engine import fuzz, keep, mutations
from hil.prove.fuzz.targets import TARGETS, seeds_of

INPUTS = {"console-usb": 300, "console-radio": 300, "trace-csv": 300, "trace-mcap": 300}


@pytest.mark.unit
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_hostile_gets_through(name):
    count, failures = fuzz(name, TARGETS[name][0](), seeds_of(name), 7, 20, INPUTS.get(name, 1000))
    assert count >= 20
    assert not failures, [(failure.error, failure.data[:200]) for failure in failures[:3]]


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
    monkeypatch.setattr(fuzz_main, "TARGETS", {"none": (lambda: bytes, None)})
    monkeypatch.setattr(fuzz_main, "seeds_of", lambda name: [b"x"])
    monkeypatch.setattr(fuzz_main, "fuzz", lambda *args: (1, []))
    monkeypatch.setattr(fuzz_main, "heap_growth", lambda inputs, seed: grown)
    assert main(["--seconds", "0.1"]) == status


@pytest.mark.unit
def test_the_same_seed_gives_the_same_inputs():
    from itertools import islice
    from random import Random

    one, two = (list(islice(mutations([b"abc", b"def"], Random(5)), 500)) for _ in range(2))
    assert one == two and len(set(one)) > 300
