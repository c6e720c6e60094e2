"""Speeds are ratios to a loop timed beside them: what else the machine does leaves them, a slower rig does not."""

import sys
import time

import pytest

from hil.prove.benchmarks import page, sil_speed
from hil.prove.benchmarks.calibration import SIL, VIRTUAL, Calibration, Loop, Speed
from hil.rigs.sil import SilRig
from sapper_host.limits import limit


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


@pytest.mark.unit
@pytest.mark.parametrize(("slower", "ok"), [(1.0, True), (1.5, False)])
def test_a_rig_half_again_as_slow_as_the_recorded_one_fails_its_row(
    slower: float, ok: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How fast it is was measured by `make bench`; whether a machine that runs tests is as fast is not asked here."""
    (recorded,) = (row["value"] for row in page.load()["rows"] if row["limit"] == f">= {limit('SIL_SPEED').value}")
    monkeypatch.setattr(sil_speed, "measure", lambda: Speed(recorded / slower, 0.4, 0.6, 1.0))
    (row,) = sil_speed.rows()
    assert row.ok is ok, row


@pytest.mark.slow
@pytest.mark.sil
def test_what_a_slower_rig_takes_more_of_the_cpu_is_counted(micropython, monkeypatch: pytest.MonkeyPatch) -> None:
    burnt_s = 0.0
    run = SilRig.run

    def slower(rig: SilRig, duration_ns: int) -> None:
        nonlocal burnt_s
        run(rig, duration_ns)
        start_s = time.process_time()
        while time.process_time() < start_s + 0.02 * duration_ns / 1e9:
            pass
        burnt_s += time.process_time() - start_s

    monkeypatch.setattr(SilRig, "run", slower)
    speed = sil_speed.measure(lanes=1)
    # The lane before the one that counts, for imports and caches, is slower too.
    assert burnt_s > 1 and speed.own_s > burnt_s / 2 * 0.99, (speed, burnt_s)
