"""Situations of `sapper calibrate`."""

from __future__ import annotations

from sapper_host.calibration import piece
from tests.host.remedies.stage import Stage
from tests.host.remedies.table import situation


@situation("calibration/board.py: the board is in {}: a head is calibrated on a rover that is disarmed")
def a_rover_that_is_armed(at: Stage) -> None:
    board = at.board()
    board.arm()
    name = "calibration/board.py: the board is in {}: a head is calibrated on a rover that is disarmed"
    at.obeys(at.fails(name, "calibrate", "--port", board.port, "--out", at.folder), "--port", board.port)
    assert board.state == "SAFE"


@situation("verbs/calibrate.py: --replay without --rig")
def traces_and_nowhere_to_play_them(at: Stage) -> None:
    remedy = at.fails("verbs/calibrate.py: --replay without --rig", "calibrate", "--replay", *[at.trace()] * 3)
    assert remedy.endswith("--rig virtual or --rig sil")
    at.works("calibrate", "--rig", "sil", "--check", "--out", at.folder)


@situation("verbs/calibrate.py: --rig and --port")
def a_rig_and_a_port(at: Stage) -> None:
    remedy = at.fails("verbs/calibrate.py: --rig and --port", "calibrate", "--rig", "sil", "--port", "/dev/x")
    assert remedy == "it is the one or the other"


@situation("verbs/calibrate.py: nobody is there to hold the coil")
def a_script_in_place_of_a_person(at: Stage) -> None:
    board = at.board()
    words = ("calibrate", "--check", "--out", at.folder)
    remedy = at.fails("verbs/calibrate.py: nobody is there to hold the coil", *words, "--port", board.port)
    assert remedy.endswith("--rig sil")
    at.works(*words, "--rig", "sil")


@situation("calibration/piece.py: {}: {}")
def a_test_piece_in_other_words(at: Stage) -> None:
    path = at.file("piece.toml", 'nome = "ball"\n')
    remedy = at.fails("calibration/piece.py: {}: {}", "calibrate", "--rig", "sil", "--piece", path)
    path.write_text("\n".join(line.strip() for line in remedy.partition(": ")[2].split(";")))
    assert piece.read(path).snr == 40.0
