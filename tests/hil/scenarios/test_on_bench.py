"""The scenarios on the bench, two emulated Picos: flashed through BOOTSEL, verified, and all as on the virtual Pico.

The default run has a sample; `make hil` and --whole have all.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import HilError
from hil.rigs.firmware import default_uf2, instrument_uf2
from tests.hil.testing.outside import ROOT, run

pytestmark = [pytest.mark.virtual, pytest.mark.slow, pytest.mark.xdist_group("virtual"), pytest.mark.timeout(1800)]
ROOM = ROOT / "hil" / "scenarios"

# One of each kind: the ceremony, a time to the microsecond, a switch of the bench, a closed loop with coil and wheels.
SAMPLE = (
    "test_arming.py::test_key_and_code_arm_and_disarming_lets_go",
    "test_stops.py::test_the_emergency_stop_takes_motor_en_down_within_its_limit",
    "test_start.py::test_a_reset_by_run_in_a_sweep_ends_it_and_arms_nothing",
    "test_finds.py::test_a_find_stops_the_rover_over_it",
)


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """Both images; skips, with the reason, where one is not built."""
    try:
        default_uf2()
        instrument_uf2()
    except HilError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("names", "count"),
    [(SAMPLE, 4), pytest.param(("",), 23, marks=pytest.mark.whole)],
    ids=["sample", "all"],
)
def test_all_pass_on_the_bench_and_none_is_skipped(tmp_path: Path, names: tuple[str, ...], count: int) -> None:
    report = tmp_path / "build" / "scenarios"
    words = ("--rootdir", str(ROOT), "--rig-report", str(report), "--rig", "bench")
    ran = run(tmp_path, {}, *words, tests=tuple(str(ROOM / name) for name in names), limit_s=1700)
    assert ran.status == 0 and f"{count} passed" in ran.out and "skipped" not in ran.out, ran.out
    assert "through BOOTSEL" in ran.page
