"""The soak in small, and what makes it fail."""

import pytest

from hil.prove.soak import Pass, Soak

pytestmark = pytest.mark.sil


def test_minutes_of_operation_leave_the_board_as_it_was() -> None:
    soak = Soak(hours=0.06, flash_every=2)
    soak.run(lambda _share, _latest: None)
    rows = {row["name"]: row for row in soak.verdict()}
    assert len(soak.passes) >= 3 and any(lane.wrote_flash for lane in soak.passes)
    assert all(row["ok"] for row in rows.values()), rows


@pytest.mark.unit
def test_a_leak_a_lost_tick_and_a_missed_target_fail_the_soak() -> None:
    good = Pass(36.0, 2, 0, 100_000, 0, 3, False)

    def failing(**changes: float) -> set[str]:
        soak = Soak(hours=0.1)
        soak.passes = [good] * 6 + [Pass(**{**vars(good), **changes})] * 6
        return {row["name"] for row in soak.verdict() if not row["ok"]}

    assert failing() == set()
    assert failing(heap_free=90_000) == {"heap lost over the run"}
    assert failing(missed=1) == {"ticks missed, no flash written"}
    writing = {"wrote_flash": True, "flash_ms": 1005.0, "flash_spells": 9}
    assert failing(missed=109, **writing) == set()
    assert failing(missed=110, **writing) == {"ticks missed beyond the flash's busy time"}
    assert failing(contacts=1) == {"finds"}
    assert failing(faults=1) == {"faults"}
    assert failing(seconds=18.0) == {"emulated time"}


@pytest.mark.unit
def test_a_run_that_did_nothing_an_exception_and_a_reset_fail_it() -> None:
    def failing(soak: Soak) -> set[str]:
        return {row["name"] for row in soak.verdict() if not row["ok"]}

    assert failing(Soak(hours=0.1)) == {"emulated time", "lanes"}
    passes = [Pass(36.0, 2, 0, 100_000, 0, 3, False)] * 10
    assert failing(Soak(hours=0.1, passes=passes, resets=1)) == {"resets"}
    assert failing(Soak(hours=0.1, passes=passes, exceptions=["* exception"])) == {"exceptions"}
