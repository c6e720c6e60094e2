"""Laptops to sit down at, each with keys of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sapper_host.board.key_store import KeyStore


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], KeyStore]:
    """Sit down at the laptop of this name."""

    def sit(name: str) -> KeyStore:
        for kind in ("CONFIG", "STATE", "DATA", "CACHE"):
            monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / name / kind))
        return KeyStore()

    sit("first")
    return sit


@pytest.fixture
def store(home: Callable[[str], KeyStore]) -> KeyStore:
    return home("first")
