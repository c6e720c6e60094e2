"""A calibration on the firmware itself, its coil carried by a trace: fit things are set, all others change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hil.play.carried import CarriedCoil
from hil.traces.carried import AIR, BOB, GROUND, PIECE, STEEL_BALL, day, place_m, staying
from sapper.shared.settings import TABLE
from sapper_host.board.decoder import Frame
from sapper_host.calibration.board import CalibratedBoard
from sapper_host.calibration.piece import TestPiece
from sapper_host.calibration.steps import Outcome, run
from sapper_host.recordings.trace import Trace

pytestmark = pytest.mark.sil

DEFAULTS = {row[0]: row[1] for row in TABLE}
FOREVER = {"t0_s": 0.0, "t1_s": 1000.0}
OVER = {"soil": {"strength_mv": 100.0, "height_mm": 1.0}, "swing": BOB}
BURIED = {"material": "steel", "x_m": place_m(2), "depth_m": 0.04, "radius_m": 0.015}
TINY = STEEL_BALL | {"radius_m": 0.0065}
BALL = TestPiece("steel ball", 50, 72.0)


@contextmanager
def no_bar(step: str, seconds: float) -> Iterator[Any]:
    yield lambda done: None


def calibrated(coil: CarriedCoil, piece: TestPiece = BALL, only_check: bool = False) -> Outcome:
    with CalibratedBoard(coil) as board:
        outcome = run(board, piece, only_check, no_bar)
        if outcome.passed and not only_check:
            board.keep(outcome.wanted)
    return outcome


def settings_of(coil: CarriedCoil) -> dict[str, int]:
    pairs = (line.split(" = ") for line in coil.dialog.ask("dump", 10.0).lines)
    return {name: int(value) for name, value in pairs}


def as_met(coil: CarriedCoil) -> bool:
    """Nothing is left behind: no setting, no telemetry, no check that runs."""
    heard: list[Any] = []
    coil.dialog.hear = heard.append
    coil.dialog.quiet_until(coil.clock() + 0.5)
    coil.dialog.hear = None
    step = coil.dialog.ask("testpiece", check=False).last
    return (
        settings_of(coil) == DEFAULTS
        and not any(isinstance(item, Frame) for item in heard)
        and not step.startswith(tuple(f"ok testpiece={word}" for word in ("quiet", "bring", "away")))
    )


def test_a_good_head_on_good_ground_is_set_and_saved_and_may_be_armed_with() -> None:
    with CarriedCoil("sil", day()) as coil:
        outcome = calibrated(coil)
        assert outcome.passed and outcome.findings == []
        assert all(len(outcome.frames[step]) > 600 for step in (AIR, GROUND, PIECE))
        wanted = {"det_noise_max_mv", "det_ground1_pm", "det_ground2_pm", "testpiece_snr_x10"}
        assert set(outcome.wanted) == wanted and settings_of(coil) == DEFAULTS | outcome.wanted
        assert 400 < outcome.wanted["testpiece_snr_x10"] < 460 and 9 <= outcome.wanted["det_noise_max_mv"] <= 13
        # The check that was part of it holds with the settings that it led to.
        assert coil.dialog.ask("status", expect="state=").values()["testpiece"] == "1"
        coil.dialog.ask("reboot", expect="rebooting")
        coil.dialog.quiet_until(coil.clock() + 3.0)
        assert settings_of(coil) == DEFAULTS | outcome.wanted
        assert coil.dialog.ask("status", expect="state=").values()["testpiece"] == "0"


def stuck(step: str, gate: int) -> dict[str, Any]:
    return {step: {"fault": [{"kind": "stuck", "gate": gate, **FOREVER}]}}


BAD: dict[str, tuple[dict[str, Trace], str, str]] = {}


def bad(what: str, name: str, last: str, **options: Any) -> None:
    BAD[what] = (options, name, last)  # type: ignore[assignment]


bad("a dead gate", "dead_gate", AIR, changes=stuck(AIR, 1))
bad("a saturated gate", "saturated", AIR, changes={AIR: {"fault": [{"kind": "saturated", "gate": 2, **FOREVER}]}})
bad("five times the noise", "noisy", AIR, front_end={"noise_mv": [110.0, 10.5, 9.25]})
bad("metal in the ground", "metal", GROUND, changes={GROUND: OVER | {"target": [BURIED]}})
bad("a gate that dies over the ground", "fault", GROUND, changes={GROUND: OVER | stuck(GROUND, 2)[GROUND]})
bad("no test piece", "missing", PIECE, changes={PIECE: {"target": []}})
bad("one that is too small", "weak", PIECE, piece=TINY)
bad("one that is left lying", "left", PIECE, way=staying)
bad("a coil that is moved in place of it", "soil", PIECE, changes={PIECE: OVER | {"target": []}})


@pytest.mark.parametrize("what", BAD)
def test_what_is_unfit_is_told_by_its_name_and_leaves_the_board_as_it_was(what: str) -> None:
    options, name, last = BAD[what]
    traces = day(**options)  # type: ignore[arg-type]
    if what == "a coil that is moved in place of it":
        traces[PIECE] = moved_after(traces[PIECE], 6.0)
    with CarriedCoil("sil", traces) as coil:
        outcome = calibrated(coil)
        assert not outcome.passed
        assert name in {each.name for each in outcome.findings if each.unfit}
        assert list(outcome.frames)[-1] == last
        assert as_met(coil)


def moved_after(trace: Trace, at_s: float) -> Trace:
    """The coil lies still until then."""
    first = int(at_s * 100)
    noise = day()[AIR].gates_mv[:first]
    trace.gates_mv[:first] = trace.gates_mv[first] + noise - noise[-1]
    return trace


def test_on_weak_ground_the_ratio_stays_and_the_rest_is_set() -> None:
    with CarriedCoil("sil", day(soil_mv=2.0)) as coil:
        outcome = calibrated(coil)
        assert outcome.passed and [each.name for each in outcome.findings] == ["weak"]
        assert set(outcome.wanted) == {"det_noise_max_mv", "testpiece_snr_x10"}


def test_a_head_that_gives_half_of_what_a_good_one_does_is_unfit() -> None:
    with CarriedCoil("sil", day()) as coil:
        outcome = calibrated(coil, TestPiece("steel ball", 50, 144.0))
        assert [each.name for each in outcome.findings] == ["weak"] and as_met(coil)


@pytest.mark.parametrize("step", ["air", "quiet", "bring", "away"])
def test_ctrl_c_leaves_settings_telemetry_and_check_as_they_were(step: str) -> None:
    with CarriedCoil("sil", day()) as coil:
        with pytest.raises(KeyboardInterrupt), CalibratedBoard(coil) as board:

            @contextmanager
            def interrupted(name: str, seconds: float) -> Iterator[Any]:
                yield lambda done: stop_at(name)

            def stop_at(told: str) -> None:
                if told == step:
                    raise KeyboardInterrupt

            board.told = stop_at
            run(board, BALL, False, interrupted)
        assert as_met(coil)


def test_the_check_alone_changes_no_setting_and_counts() -> None:
    with CarriedCoil("sil", {PIECE: day()[PIECE]}) as coil:
        outcome = calibrated(coil, only_check=True)
        assert outcome.passed and list(outcome.frames) == [PIECE] and settings_of(coil) == DEFAULTS
        assert coil.dialog.ask("status", expect="state=").values()["testpiece"] == "1"


def test_a_gate_delay_changed_after_the_check_keeps_the_rover_from_being_armed() -> None:
    with CarriedCoil("sil", {PIECE: day()[PIECE]}) as coil:
        coil.dialog.ask("set arm_needs_testpiece 1")
        calibrated(coil, only_check=True)
        names = [line.split(":")[0] for line in coil.dialog.ask("arm", check=False).lines]
        assert "testpiece" not in names
        coil.dialog.ask("set gate2_ns 11700")
        names = [line.split(":")[0] for line in coil.dialog.ask("arm", check=False).lines]
        assert "testpiece" in names
