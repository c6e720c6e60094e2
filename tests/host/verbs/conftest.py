"""Laptops to sit down at, each with keys of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sapper_host.board.key_store import KeyStore
from sapper_host.cli import main

KeyVerb = Callable[..., tuple[int, str, str]]


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


@pytest.fixture
def key_verb(capsys: pytest.CaptureFixture[str]) -> KeyVerb:
    """`sapper key` with these arguments: its status, and what it printed and said."""

    def call(*arguments: object) -> tuple[int, str, str]:
        status = main(["key", *map(str, arguments)])
        out, err = capsys.readouterr()
        return status, out, err

    return call
