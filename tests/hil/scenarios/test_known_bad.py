"""Every scenario finds the thing that it is there for: on a rig where that is wrong it fails, elsewhere it passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hil.scenarios.sabotage import SABOTAGES
from tests.hil.testing.outside import ROOT, Ran, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(290)]
ROOM = ROOT / "hil" / "scenarios"

# What is wrong -> what is said of it, and the scenarios that have to say so.
FOUND_BY = {
    "estop_wire_open": (
        ("STOPPED did not come within 1 s; the board is SWEEP", "AssertionError: ok code="),
        "test_stops.py::test_after_an_emergency_stop_nothing_but_arming_anew_moves_it",
        "test_arming.py::test_it_does_not_arm_and_says_what_lacks[virtual-loop open]",
    ),
    "estop_late": (
        ("<= 100.008",),
        "test_stops.py::test_the_emergency_stop_takes_motor_en_down_within_its_limit",
    ),
    "key_bridged": (
        ("AssertionError: ok code=", "ok state=ARMED", "MOTOR_LEFT and MOTOR_RIGHT still on"),
        "test_arming.py::test_it_does_not_arm_and_says_what_lacks[virtual-key off]",
        "test_arming.py::test_it_does_not_arm_and_says_what_lacks[virtual-key turned back]",
        "test_stops.py::test_the_operators_stop_and_the_key_end_it_in_time[virtual-key]",
    ),
    "somebody_else_pings": (
        ("MOTOR_EN and MOTOR_LEFT and MOTOR_RIGHT still on",),
        "test_stops.py::test_an_operator_who_falls_silent_is_missed_in_time",
    ),
    "power_switch_stuck": (
        ("the board did not restart",),
        "test_start.py::test_after_a_power_cut_in_a_sweep_it_comes_up_in_safe_and_stands",
    ),
    "power_switch_stuck_later": (
        ("AssertionError: without power",),
        "test_start.py::test_after_a_power_cut_in_a_sweep_it_comes_up_in_safe_and_stands",
    ),
    "run_wire_open": (
        ("AssertionError: held in reset",),
        "test_start.py::test_a_reset_by_run_in_a_sweep_ends_it_and_arms_nothing",
    ),
    "cable_not_pulled": (
        ("MOTOR_EN and MOTOR_LEFT and MOTOR_RIGHT still on",),
        "test_stops.py::test_a_usb_cable_that_is_pulled_stops_it_in_time",
    ),
    "supply_not_set": (
        ("AssertionError: ok code=",),
        "test_arming.py::test_it_does_not_arm_and_says_what_lacks[virtual-supply low]",
    ),
    "coil_deaf": (
        ("CONTACT did not come within 15 s",),
        "test_finds.py::test_a_find_stops_the_rover_over_it",
    ),
    "encoder_bridged": (
        ("FAULT did not come within 2 s; the board is SWEEP",),
        "test_stops.py::test_an_encoder_that_is_cut_is_a_fault_soon_and_names_the_encoder",
    ),
    "radio_wire_open": (
        ("no answer to 'nonce",),
        "test_radio.py::test_stop_over_the_radio_ends_a_sweep_signed_or_not[virtual-unsigned]",
    ),
}
# Of these the default run has a sample.
SAMPLE = ("estop_late", "power_switch_stuck", "cable_not_pulled")


def scenarios(folder: Path, *words: str, tests: tuple[str, ...] = (str(ROOM),)) -> Ran:
    return run(
        folder, {}, "--rootdir", str(ROOT), "--rig-report", str(folder / "build" / "scenarios"), *words, tests=tests
    )


def put_to(wrong: str) -> object:
    return pytest.param(wrong, marks=() if wrong in SAMPLE else pytest.mark.whole)


@pytest.mark.sil
@pytest.mark.usefixtures("micropython")
def test_all_pass_on_sil_but_what_needs_more_than_it_offers(tmp_path: Path) -> None:
    ran = scenarios(tmp_path, "--rig", "sil")
    assert ran.status == 0 and "failed" not in ran.out, ran.out
    assert "15 passed, 8 skipped" in ran.out, ran.out


@pytest.mark.virtual
@pytest.mark.xdist_group("virtual")
@pytest.mark.parametrize(
    ("files", "count"),
    [(("test_start.py", "test_stops.py"), 11), pytest.param(("",), 23, marks=pytest.mark.whole)],
    ids=["sample", "all"],
)
def test_all_pass_on_the_virtual_pico_and_none_is_skipped(tmp_path: Path, files: tuple[str, ...], count: int) -> None:
    ran = scenarios(tmp_path, "--rig", "virtual", tests=tuple(str(ROOM / name) for name in files))
    assert ran.status == 0 and f"{count} passed" in ran.out and "skipped" not in ran.out, ran.out


def test_there_is_a_scenario_against_every_one_of_them() -> None:
    assert set(FOUND_BY) == set(SABOTAGES)


@pytest.mark.virtual
@pytest.mark.xdist_group("virtual")
@pytest.mark.parametrize("wrong", [put_to(wrong) for wrong in FOUND_BY])
def test_what_is_wrong_is_found_and_for_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    said, *names = FOUND_BY[wrong]
    monkeypatch.setenv("SABOTAGE", wrong)
    tests = tuple(str(ROOM / name) for name in names)
    ran = scenarios(tmp_path, "-p", "tests.hil.scenarios.sabotage", "--rig", "virtual", tests=tests)
    assert ran.status == 1 and " passed" not in ran.out and "INTERNALERROR" not in ran.out, ran.out
    for words in said:
        assert words in ran.out, ran.out
    assert ran.out.count("FAILED ") + ran.out.count("ERROR ") >= len(names)
