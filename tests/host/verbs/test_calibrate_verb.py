"""`sapper calibrate`: at a rig's board and at one on a port, what it prints, files and asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.rigs.rig import NS_PER_S
from hil.traces.carried import AIR, PIECE, STEPS, day
from sapper_host.cli import main
from sapper_host.errors import Status
from sapper_host.recordings.trace import write_trace
from tests.host.rig_board import GATES_MV, NOISE_MV, RigBoard

pytestmark = pytest.mark.sil

Verb = Callable[..., tuple[int, str, str]]


@pytest.fixture
def verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verb:
    """`sapper calibrate` with these arguments: its status, and what it printed and said."""

    def call(*arguments: object) -> tuple[int, str, str]:
        status = main(["calibrate", "--out", str(tmp_path / "out"), *map(str, arguments)])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def filed(tmp_path: Path) -> dict[str, Any]:
    """The one record there, with its picture beside it."""
    [path] = (tmp_path / "out").glob("*.json")
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    record: dict[str, Any] = json.loads(path.read_text())
    return record


def test_on_a_rig_all_three_steps_are_told_filed_drawn_and_saved(verb: Verb, tmp_path: Path) -> None:
    status, out, err = verb("--rig", "sil", "--yes", "--head", "coil 4")
    assert status == Status.OK
    for word in ("head    noise", "ground  gate 2 / gate 1", "piece   passed", "saved", "fit;"):
        assert word in out
    assert "now pass the test piece" in err
    record = filed(tmp_path)
    assert record["format"] == "sapper-calibration 1" and record["passed"] and record["where"] == "sil"
    assert record["board"] and record["firmware"]["sapper"] and record["head"]["name"] == "coil 4"
    changed = {row["name"]: row["now"] for row in record["settings"]["changed"]}
    assert "testpiece_snr_x10" in changed and record["settings"]["saved"]
    assert record["settings"]["before"]["testpiece_snr_x10"] == 100
    assert record["ground"]["late_sigma"] < 0.01 and record["piece"]["judged"]["snr_x10"] > 500


def test_who_says_no_changes_nothing(verb: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    assert verb("--rig", "sil")[0] == Status.OK
    assert filed(tmp_path)["settings"]["changed"] == [] and not filed(tmp_path)["settings"]["saved"]


def test_traces_of_one_s_own_are_played_and_what_is_unfit_is_told_with_what_to_do(verb: Verb, tmp_path: Path) -> None:
    traces = day(changes={AIR: {"fault": [{"kind": "stuck", "gate": 1, "t0_s": 0.0, "t1_s": 100.0}]}})
    paths = [tmp_path / f"{step}.csv" for step in STEPS]
    for step, path in zip(STEPS, paths, strict=True):
        write_trace(traces[step], path)
    status, out, _ = verb("--rig", "sil", "--replay", *paths)
    assert status == Status.SHORTFALL
    assert "UNFIT: gate 1 is dead" in out and "do: check gate 1's sampler" in out and "NOT fit;" in out
    record = filed(tmp_path)
    assert not record["passed"] and record["ground"] == {} and record["settings"]["changed"] == []
    assert "dead_gate" in [each["name"] for each in record["findings"]]


def test_scripts_get_the_record(verb: Verb, tmp_path: Path) -> None:
    status, out, _ = verb("--rig", "sil", "--check", "--json")
    assert status == Status.OK and json.loads(out) == filed(tmp_path)
    assert json.loads(out)["kind"] == "check"


def piece_passes(rig: Any) -> None:
    """Under the coil in some seconds' time."""
    traces = day()
    random = np.random.default_rng(4)
    bump = traces[PIECE].gates_mv - np.median(traces[PIECE].gates_mv, axis=0)
    times = rig.now_ns + np.arange(len(bump) * 20) * (NS_PER_S // 2000)
    for gate, (level, noise) in enumerate(zip(GATES_MV, NOISE_MV, strict=True)):
        values = level + np.repeat(bump[:, gate], 20) + 4 * noise * random.standard_normal(len(times))
        rig.adc.play(gate, times.astype(np.int64), values, "hold")


def test_the_daily_check_of_a_board_on_a_port_waits_for_the_person(
    verb: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RigBoard("sil") as board:
        board.can_see()

        def enter() -> str:
            board.on_rig(piece_passes)
            return ""

        monkeypatch.setattr("builtins.input", enter)
        status, out, err = verb("--port", board.port, "--check")
        assert status == Status.OK, out
        assert "lay the coil down" in err and "take it away" in err and "piece   passed" in out
    assert filed(tmp_path)["where"] == "board" and filed(tmp_path)["kind"] == "check"


def test_without_a_person_nothing_is_calibrated(verb: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    with RigBoard("sil") as board:
        board.can_see()
        status, _, err = verb("--port", board.port)
        assert status == Status.USAGE and "nobody is there" in err and "--rig sil" in err


@pytest.mark.parametrize(
    "arguments", [("--replay", "a", "b", "c"), ("--rig", "sil", "--port", "/dev/ttyACM0")], ids=["no rig", "both"]
)
def test_options_that_do_not_go_together_are_refused(verb: Verb, arguments: tuple[str, ...]) -> None:
    status, _, err = verb(*arguments)
    assert status == Status.USAGE and "do: " in err
