"""The bench's row on several updates at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hil.prove.benchmarks import updates
from hil.prove.updates.versions import bundle
from sapper_host.update import several_boards


@pytest.mark.slow
@pytest.mark.virtual
def test_boards_updated_one_after_the_other_fail_the_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_turn(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
        return [job() for job in jobs]

    monkeypatch.setattr(several_boards, "at_once", in_turn)
    _, row = updates.several(bundle(tmp_path / "changed", {"sapper/link/status.py": "_CHANGED = 1"}), 2)
    assert row.name == "two boards at once over one" and not row.ok, row
