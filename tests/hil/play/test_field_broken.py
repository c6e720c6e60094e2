"""A mission in the simulated world is broken off by all that there is, and goes on from its file."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from hil.errors import HilError
from hil.play import field_broken
from hil.play.field_broken import KINDS, BrokenRun
from hil.prove.fields import broken
from hil.rigs.registry import open_rig


@pytest.mark.sil
def test_broken_off_in_each_way_a_mission_comes_to_its_end_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(field_broken, "_EVERY_S", (8.0, 25.0))
    chance = Random(5)
    order = iter(KINDS)
    monkeypatch.setattr(chance, "choice", lambda kinds: next(order))
    with open_rig("sil") as rig:
        run = BrokenRun(rig, broken.field(5), tmp_path / "small.sapper-field", chance, len(KINDS))
        run.prepare()
        result = run.drive()
    assert run.broken.kinds == list(KINDS) and run.broken.lost_cells == 0
    assert (result.phase, result.held_for, result.trespasses, result.wrongly_claimed_m2) == ("done", "", 0, 0.0)
    assert result.coverage >= 0.97 and result.targets_found == 2
    assert run.mission.path.name.startswith("laptop-")


class _Other:
    name = "other"


def test_a_rig_whose_board_is_not_restarted_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(field_broken.FieldRun, "__init__", lambda *_: None)
    with pytest.raises(HilError, match="not restarted"):
        BrokenRun(_Other(), broken.field(1), tmp_path / "x", Random(1), 1)  # type: ignore[arg-type]
