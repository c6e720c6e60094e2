"""Each row of `make safety` fails on a firmware known to be bad: every row has one, and a sample of them is tried."""

import ast
import json
from concurrent.futures import Future

import pytest

from hil.prove.safety import __main__ as safety
from hil.prove.safety import boards, canary_run
from hil.prove.safety.canaries import CANARIES, UNCHANGED, canaries_of, idle, without
from hil.prove.safety.canary_run import Outcome, try_canary
from hil.prove.safety.scenarios import SCENARIOS
from hil.prove.safety.trial import Trial
from sapper.drive import track_check
from sapper.shared.events import TRIGGERS
from sapper_host.files.checkout import ROOT

FIRMWARE = ROOT / "firmware"
# row, its limit (us), canary
SAMPLE = (
    ("a find, in SWEEP", 25_000, "the alert comes 200 ms late"),
    ("a find, in SWEEP", 25_000, "the detector's answer comes 50 ms late"),
    ("loop open for 50 us, in TELEOP", 100, "the interlock's PIO program does not look at the loop"),
    ("hang, interrupts off, in SWEEP", 60_000, "a feed holds for 100 ms"),
    ("gate 1 frozen, in TELEOP", 100_000, "not seeing is a stop 150 ms later"),
    ("left encoder cut, in SWEEP", 250_000, "a track's fault is a stop 300 ms later"),
    (
        "both encoders lose their supply, in SWEEP",
        250_000,
        "a track without progress is excused by the other one's, however long ago that was",
    ),
    ("a line is garbled, in TELEOP, over the radio", 0, "a line that cannot be read is a stop"),
    ("brown-out, in SWEEP", 60_000, "reset and power cut do not reach the chip"),
    ("a find, in SWEEP", 25_000, UNCHANGED.what),
)


@pytest.fixture(scope="module")
def where(firmware):
    place = boards.Where("virtual", firmware)
    yield place
    if place in boards._stages:
        boards._stages.pop(place).close()


@pytest.mark.virtual
@pytest.mark.xdist_group("canaries")
@pytest.mark.parametrize(("row", "limit_us", "what"), SAMPLE, ids=[f"{row}: {what}" for row, _, what in SAMPLE])
def test_a_row_fails_on_its_canary_and_on_nothing_else(where, row, limit_us, what):
    scenario = next(s for s in SCENARIOS if s.name == row and s.limit_us == limit_us)
    canary = next(each for each in (*CANARIES, UNCHANGED) if each.what == what)
    assert canary == UNCHANGED or canary in canaries_of(scenario)
    (outcome,) = try_canary(where, canary, [scenario], 1)
    assert outcome.ok, outcome.measured
    print(outcome.measured)


@pytest.mark.unit
def test_every_row_has_a_canary_and_every_canary_a_row():
    assert [row.name for row in without()] == [], "give it one in hil/prove/safety/canaries.py"
    assert [canary.what for canary in idle()] == []
    assert len({canary.what for canary in CANARIES}) == len(CANARIES)
    assert all(bool(canary.patch) != bool(canary.deaf) for canary in CANARIES)


def called(patch, name):
    """The calls of this function in a patch: (constant positional arguments, names of the keywords)."""
    calls = [node for node in ast.walk(ast.parse(patch)) if isinstance(node, ast.Call)]
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id == name and call.args:  # a PIO program's wrap() has none
            yield [a.value for a in call.args if isinstance(a, ast.Constant)], [k.arg for k in call.keywords]


def tree_of(module):
    path = FIRMWARE / (module.replace(".", "/") + ".py")
    assert path.is_file(), f"{module} has moved; tell hil/prove/safety/canaries.py"
    return ast.parse(path.read_text())


def class_of(module, owner):
    classes = {node.name: node for node in tree_of(module).body if isinstance(node, ast.ClassDef)}
    assert owner in classes, f"{module} has no class {owner}; it has {', '.join(classes)}"
    return classes[owner]


@pytest.mark.unit
@pytest.mark.parametrize("canary", CANARIES, ids=[canary.what for canary in CANARIES])
def test_what_a_canary_changes_is_in_the_source(canary):
    """A patch that misses its place would leave the firmware as good as it was."""
    patch = canary.patch
    for (module, owner, method), _ in called(patch, "wrap"):
        assert method in {node.name for node in class_of(module, owner).body if isinstance(node, ast.FunctionDef)}
    for (module, owner), fields in called(patch, "configured"):
        stored = {n.attr for n in ast.walk(class_of(module, owner)) if isinstance(n, ast.Attribute)}
        assert set(fields) <= stored and "configure" in {getattr(n, "name", "") for n in class_of(module, owner).body}
    for (module,), names in called(patch, "put"):
        known = {n.id for n in ast.walk(tree_of(module)) if isinstance(n, ast.Name)}
        known |= {alias.name for n in ast.walk(tree_of(module)) if isinstance(n, ast.ImportFrom) for alias in n.names}
        known |= {n.name for n in tree_of(module).body if isinstance(n, ast.FunctionDef)}
        assert set(names) <= known
    events = [arguments[0] for name in ("late", "never") for arguments, _ in called(patch, name)]
    assert set(events) <= set(TRIGGERS)


@pytest.mark.unit
def test_the_canary_that_excuses_for_ever_forgets_what_is_excused():
    """It reaches into the state by number, which the image does not name."""
    (canary,) = [each for each in CANARIES if "check._look" in each.patch]
    assert f"track[{track_check._EXCUSED}] = 0" in canary.patch


class Here:
    """A pool of no processes."""

    def __init__(self, jobs):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, work, *arguments):
        done = Future()
        done.set_result(work(*arguments))
        return done


def outcome(scenario, what, latency_us):
    row = ((0, 1.0),)
    trial = Trial(scenario, 1, latency_us, "", 100, 100, row, (row, row), ())
    return Outcome(scenario, what, trial, "", trial.kept == (what == UNCHANGED.what))


@pytest.mark.unit
def test_a_canary_that_lives_is_told_and_fails_the_command(tmp_path, monkeypatch, capsys):
    scenario = SCENARIOS[0]
    monkeypatch.setattr(canary_run, "workers", Here)
    arguments = ["--canaries", "--firmware", "none.uf2", "--only", scenario.name, "--output", str(tmp_path)]
    for latency_us, status, words in (
        (None, 0, "measured never: fails as it must"),
        (50.0, 3, "measured 50 us: LIVES"),
    ):
        monkeypatch.setattr(
            canary_run,
            "try_canary",
            lambda _, canary, rows, *rest, us=latency_us: [
                outcome(row, canary.what, 50.0 if canary == UNCHANGED else us) for row in rows
            ],
        )
        assert safety.main(arguments) == status
        assert words in capsys.readouterr().out
        assert all(row["ok"] is (status == 0) for row in json.loads((tmp_path / "canaries.json").read_text())
                   if row["canary"] != UNCHANGED.what)  # fmt: skip


@pytest.mark.unit
def test_a_row_without_a_canary_is_told_and_fails_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(canary_run, "workers", Here)
    monkeypatch.setattr(canary_run, "canaries_of", lambda _: ())
    monkeypatch.setattr(canary_run, "try_canary", lambda *_: [])
    arguments = ["--canaries", "--firmware", "none.uf2", "--only", "a find", "--output", str(tmp_path)]
    assert safety.main(arguments) == 3
    said = capsys.readouterr().out
    assert "NONE: nothing shows that this row looks" in said and "1 NOT AS THEY MUST BE" in said


@pytest.mark.unit
def test_a_row_that_fails_with_nothing_changed_fails_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(canary_run, "workers", Here)
    monkeypatch.setattr(
        canary_run, "try_canary", lambda _, canary, rows, *rest: [outcome(row, canary.what, None) for row in rows]
    )
    arguments = ["--canaries", "--firmware", "none.uf2", "--only", "loop open for good, in SWEEP"]
    assert safety.main([*arguments, "--output", str(tmp_path)]) == 3
    assert "FAILS WITH NOTHING CHANGED" in capsys.readouterr().out
