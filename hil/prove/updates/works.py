"""What is cut off: updates, the settings' saving, provisioning. Each with all states a board may be found in after."""

from __future__ import annotations

import json
from pathlib import Path

from hil.prove.updates.board import SimulatedBoard
from hil.prove.updates.power_cut import Work
from hil.prove.updates.versions import bundle
from sapper.crypto.keys import key_id
from sapper.crypto.team_proof import proof
from sapper_host.files.checkout import BUILD, ROOT
from sapper_host.update.bundle import Bundle
from sapper_host.update.update import identify, update

_SETTINGS = {"sweep_mm_s": (300, 250), "vsys_low_mv": (4400, 4500)}
_KEYS = ("11" * 32, "22" * 32)
_OTHER_KEYS = ("33" * 32, "44" * 32)
_NAMES = ("rover-1", "rover-2")


def all_works(folder: Path) -> list[Work]:
    """Every work; `folder` is for what has to be built."""
    every = {path.relative_to(ROOT / "firmware").as_posix() for path in _modules()}
    old = bundle(folder / "old", {name: "_AN_OLDER_ONE = 0" for name in every})
    first = bundle(folder / "first", {name: "_VERSION = 1" for name in every})
    second = bundle(folder / "second", {name: "_VERSION = 22" for name in every})
    one = bundle(folder / "one", {name: "_VERSION = 1" for name in every} | {"sapper/link/status.py": "_OTHER = 1"})
    return [
        _update("first update of a board", [], first),
        _update("full update, over the version before last", [old, first], second),
        _update("update of one module", [old, first], one),
        _settings(),
        _provisioning(),
    ]


def _modules() -> list[Path]:
    return sorted((ROOT / "firmware" / "sapper").rglob("*.py"))


def _update(name: str, before: list[Bundle], goal: Bundle) -> Work:
    def prepare(board: SimulatedBoard) -> None:
        for each in before:
            update(board, each)

    def look(board: SimulatedBoard) -> object:
        # `content` is asked of the running application itself: what it was built from, all of it.
        values = identify(board, 6.0)
        return values["content"], values["source"] != "factory"

    def do(board: SimulatedBoard) -> None:
        update(board, goal)

    states = {"old": (before[-1].content, True) if before else (_factory_content(), False), "new": (goal.content, True)}
    return Work(name, prepare, do, look, states)


def _factory_content() -> str:
    return str(json.loads((BUILD / "firmware.json").read_text())["content"])


def _save_settings(board: SimulatedBoard, column: int) -> None:
    for name, values in _SETTINGS.items():
        board.dialog.ask(f"set {name} {values[column]}")
    board.dialog.ask("save", 5.0)


def _saved_settings(board: SimulatedBoard) -> list[int]:
    """As they are in force after a start: what was saved."""
    identify(board, 6.0)
    saved = dict(line.split("=") for line in board.dialog.ask("get", 5.0).lines)
    return [int(saved[name]) for name in _SETTINGS]


def _settings() -> Work:
    def look(board: SimulatedBoard) -> object:
        saved = _saved_settings(board)
        tests = board.dialog.ask("selftest", 5.0, check=False).lines
        return saved, "settings: pass" in tests and "storage: pass" in tests

    states = {name: ([values[i] for values in _SETTINGS.values()], True) for i, name in enumerate(("old", "new"))}
    return Work(
        "settings saved",
        lambda board: _save_settings(board, 0),
        lambda board: _save_settings(board, 1),
        look,
        states,
    )


def _put_team_key(board: SimulatedBoard, key: str) -> None:
    """With the proof of whichever of our keys the board holds."""
    nonce = bytes.fromhex(board.dialog.ask("nonce").values()["nonce"])
    held = board.dialog.ask("teamkey").values()["teamkey"]
    old = next((each for each in map(bytes.fromhex, _OTHER_KEYS) if key_id(each) == held), None)
    board.dialog.ask(f"teamkey {key} {proof(old, nonce, key)}" if old else f"teamkey {key}", 5.0)


def _provisioning() -> Work:
    def put(board: SimulatedBoard, column: int) -> None:
        board.dialog.ask(f"name {_NAMES[column]}", 5.0)
        board.dialog.ask(f"key {_KEYS[column]}", 5.0)
        _put_team_key(board, _OTHER_KEYS[column])
        _save_settings(board, column)

    def look(board: SimulatedBoard) -> object:
        saved = _saved_settings(board)
        return (*(board.dialog.ask(command, 5.0).text for command in ("name", "key", "teamkey")), *saved)

    def told(column: int) -> tuple[object, ...]:
        keys = [key_id(bytes.fromhex(each[column])) for each in (_KEYS, _OTHER_KEYS)]
        settings = (values[column] for values in _SETTINGS.values())
        return (f"name={_NAMES[column]}", f"key={keys[0]}", f"teamkey={keys[1]}", *settings)

    # Each of its four files is old or new as a whole, in the order they are written.
    old, new = told(0), told(1)
    states = {f"{done} of 4 new": (*new[:done], *old[done:]) for done in range(4)} | {"new": new}
    return Work("provisioning", lambda board: put(board, 0), lambda board: put(board, 1), look, states)
