"""The team's key: a try to make one that failed is not in the way of the next."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sapper_host.errors import SapperError
from sapper_host.update.team_key import create, load

pytestmark = pytest.mark.unit


def test_a_full_disk_leaves_no_half_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "team.key"

    def full(_file: int) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(SapperError, match=r"team.key cannot be written .*; free some disk space"):
            create(path)
    assert not os.listdir(tmp_path)
    assert create(path) == load(path)
