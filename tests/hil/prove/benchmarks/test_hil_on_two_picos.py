"""The bench's figures on two emulated Picos: whole, they keep their limits; with something bad put in, they do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hil.errors import HilError
from hil.prove.benchmarks import hil_edges, hil_encoders, hil_voltages
from hil.prove.benchmarks.row import Row
from hil.rigs.bench.rig import BenchRig

pytestmark = [pytest.mark.virtual, pytest.mark.slow]

_MOMENTS = 2
_LEG_MIN = 0.05


def opened(make: Callable[[], BenchRig]) -> BenchRig:
    try:
        return make()
    except HilError as error:
        if "make " not in str(error):
            raise
        pytest.skip(str(error))


def failing(rows: list[Row]) -> list[str]:
    return [row.name for row in rows if not row.ok]


@pytest.mark.parametrize("off_ns", [0, pytest.param(1600, marks=pytest.mark.whole)])
def test_a_line_delay_that_is_not_as_told_fails_the_edges_and_the_stops(off_ns: int) -> None:
    told = hil_edges.on_bench(opened(lambda: hil_edges.open_bench_off(off_ns)), _MOMENTS)
    missed = failing(hil_edges.rows_of(told, told))
    assert [name.partition(",")[0] for name in missed] == (
        ["edge of MOTOR_EN by the instrument against the emulator's"] if off_ns else []
    )


@pytest.mark.parametrize("drop", [0, pytest.param(50, marks=pytest.mark.whole)])
def test_pulses_that_are_left_out_fail_the_counts(drop: int) -> None:
    compared = hil_encoders.measure(opened(lambda: hil_edges.open_bench_off()), _LEG_MIN, 1, drop)
    assert len(failing(hil_encoders.rows_of(compared, _LEG_MIN))) == (1 if drop else 0)


@pytest.mark.whole
@pytest.mark.parametrize(
    ("calibrated", "late_ns", "fails"),
    [(True, 0, []), (False, 0, ["gate's voltage"]), (True, 500_000, ["gate's voltage", "how late"])],
)
def test_voltages_of_a_bench_out_of_the_bag_or_late_fail(calibrated: bool, late_ns: int, fails: list[str]) -> None:
    rig = opened(lambda: hil_voltages.open_calibrated(calibrated))
    missed = failing(hil_voltages.rows_of(hil_voltages.measure(rig, late_ns)))
    assert len(missed) == len(fails) and all(name.startswith(start) for name, start in zip(missed, fails, strict=True))
