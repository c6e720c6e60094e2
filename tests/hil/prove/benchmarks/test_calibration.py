"""Speeds are ratios to a loop timed beside them: what else the machine does leaves them, a slower rig does not."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hil.prove.benchmarks import sil_speed
from hil.prove.benchmarks.calibration import SIL, VIRTUAL, Calibration, Loop, Speed
from hil.rigs.sil import SilRig
from sapper_host import processes
from sapper_host.limits import limit

# What a busy machine may change of a ratio; plain figures change by a third and more.
TOLERANCE = 0.2
_SLOWER = 1.5
_HOG = "a = bytearray(1 << 24)\nwhile True:\n    a[::64] = bytes(1 << 18)"


@pytest.mark.unit
def test_a_figure_is_told_as_the_reference_machine_would_have_it() -> None:
    assert Speed(60.0, 0.2, 0.4, 1.0).there == pytest.approx(100)
    busy = Speed(60.0, 0.4, 0.8, 2.0)
    assert busy.plain == pytest.approx(50) and busy.there == pytest.approx(100)
    assert Speed(60.0, 0.4, 0.8, 1.0).there == pytest.approx(50)  # nothing else was slow: the rig is


@pytest.mark.unit
def test_bursts_are_timed_and_the_first_ones_are_not_counted() -> None:
    answers = "import sys\nfor i, _ in enumerate(sys.stdin): print(9000 if i < 8 else 1500, flush=True)"
    with Calibration(Loop(lambda: [sys.executable, "-c", answers], 1000)) as calibration:
        for share in range(5):
            calibration.look(share / 5)
        assert calibration.slowness == pytest.approx(1.5)


@pytest.mark.slow
@pytest.mark.parametrize("loop", [SIL, VIRTUAL], ids=["sil", "virtual"])
def test_the_loops_run(loop) -> None:
    with Calibration(loop) as calibration:
        calibration.look()
        assert 0.2 < calibration.slowness < 20


@contextmanager
def hogs() -> Iterator[None]:
    """Two processes that compute and go through memory all the time."""
    running = [processes.start([sys.executable, "-c", _HOG]) for _ in range(2)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def undisturbed(micropython) -> Speed:
    return sil_speed.measure()


@pytest.mark.slow
@pytest.mark.sil
def test_hogs_beside_it_leave_the_sil_row_as_it_is(undisturbed) -> None:
    with hogs():
        beside = sil_speed.measure()
    print(undisturbed, beside)
    assert beside.there == pytest.approx(undisturbed.there, rel=TOLERANCE)


@pytest.mark.slow
@pytest.mark.sil
def test_a_rig_made_half_again_as_slow_fails_its_row(undisturbed, monkeypatch) -> None:
    assert undisturbed.there >= limit("SIL_SPEED").value
    extra_s = (undisturbed.own_s + undisturbed.others_s) * (_SLOWER - 1) / undisturbed.emulated_s
    run = SilRig.run

    def slower(rig: SilRig, duration_ns: int) -> None:
        run(rig, duration_ns)
        end_s = time.process_time() + extra_s * duration_ns / 1e9
        while time.process_time() < end_s:
            pass

    monkeypatch.setattr(SilRig, "run", slower)
    (row,) = sil_speed.rows()
    print(row)
    assert not row.ok
