"""The provisioning verbs against the firmware itself, on the sil rig: radio included."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.errors import HilError
from sapper_host.cli import main
from sapper_host.errors import Status
from tests.host.rig_board import RigBoard

pytestmark = pytest.mark.sil


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RigBoard]:
    for name in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    try:
        made = RigBoard("sil")
    except HilError as error:
        pytest.skip(str(error))
    with made:
        made.can_see()
        yield made


def test_a_board_is_provisioned_twice_and_then_set_over_its_radio(
    board: RigBoard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r7.txt").write_text("sweep_mm_s = 250\n")
    (tmp_path / "team.key").write_text("0f" * 32)
    words = ["provision", "--name", "rover-7", "--settings", str(tmp_path / "r7.txt")]
    words += ["--team-key", str(tmp_path / "team.key"), "--port", board.port, "--json"]
    assert main(words) == Status.OK, capsys.readouterr()
    first = json.loads(capsys.readouterr().out)
    assert first["passed"] and first["name"] == "rover-7" and first["settings"]["not_default"] == {"sweep_mm_s": 250}
    assert len(first["flash"]["pieces_sha256"]) == 16
    assert main(words) == Status.OK, capsys.readouterr()
    second = json.loads(capsys.readouterr().out)
    for part in ("board", "name", "keys", "firmware", "flash", "settings"):
        assert first[part] == second[part]
    # The radio takes it signed with the key that provisioning left here.
    assert main(["settings", "set", "sweep_mm_s=260", "audio=0", "--port", board.radio]) == Status.OK
    assert main(["settings", "get", "--json", "--port", board.port]) == Status.OK
    out = capsys.readouterr().out
    assert json.loads(out[out.index("{") :])["sweep_mm_s"] == 260
    assert main(["provision", "--name", "rover-8", "--port", board.radio]) != Status.OK
    assert "over USB" in capsys.readouterr().err
