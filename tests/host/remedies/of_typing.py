"""Situations of the command line itself, and of what is not built."""

from __future__ import annotations

from hil.rigs.sil import process
from sapper_host.files.checkout import ROOT
from tests.host.remedies.stage import Stage
from tests.host.remedies.table import situation


@situation("verbs/update.py: --all means every board")
def all_and_one(at: Stage) -> None:
    remedy = at.fails("verbs/update.py: --all means every board", "update", "--all", "--port", "/dev/x")
    assert remedy == "leave --port away"


@situation("verbs/flash.py: --all means every board")
def all_and_one_to_flash(at: Stage) -> None:
    remedy = at.fails("verbs/flash.py: --all means every board", "flash", "--all", "--port", "/dev/x")
    assert remedy == "leave --port and --drive away"


@situation("verbs/trace/plot.py: --against {}?")
def an_axis_that_is_none(at: Stage) -> None:
    remedy = at.fails("verbs/trace/plot.py: --against {}?", "trace", "plot", at.trace(), "--against", "place")
    for word in remedy.split("'")[1::2]:
        at.works("trace", "plot", at.trace(), "--against", word)


@situation("verbs/trace/synth.py: --difficulty {}?")
def a_difficulty_that_is_none(at: Stage) -> None:
    work = ("trace", "synth", "--count", "1", "--out", at.folder / "lanes", "--difficulty")
    remedy = at.fails("verbs/trace/synth.py: --difficulty {}?", *work, "easy")
    at.works(*work, remedy.removeprefix("it is one of ").split(", ")[0])


@situation("verbs/replay.py: --set {}: {}")
def a_setting_that_is_none(at: Stage) -> None:
    remedy = at.fails("verbs/replay.py: --set {}: {}", "replay", at.trace(), "--set", "swep_mm_s=1")
    board = at.board()
    assert "sweep_mm_s" in at.obeys(remedy, "--port", board.port)


@situation("verbs/rigs.py: --rig {}: {}")
def a_rig_that_is_none(at: Stage) -> None:
    remedy = at.fails("verbs/rigs.py: --rig {}: {}", "replay", at.trace(), "--rig", "sill")
    able = remedy.removeprefix("use ").split(" or ")
    assert "sil" in able and "virtual" in able


@situation("verbs/provision.py: '{}' is no name for a board")
def a_name_that_is_none(at: Stage) -> None:
    board = at.board()
    work = ["provision", "--port", board.port, "--record", at.folder / "r", "--name"]
    remedy = at.fails("verbs/provision.py: '{}' is no name for a board", *work, "rover 7")
    assert "1 to 24 letters, digits" in remedy
    at.types(*work, "rover-7")
    assert board.flash.name == "rover-7"


@situation("verbs/bundle.py: --show tells of a file")
def a_bundle_to_show_without_its_name(at: Stage) -> None:
    assert at.fails("verbs/bundle.py: --show tells of a file", "bundle", "--show") == "name it"


@situation("verbs/rigs.py: SapperError(what, remedy)")
def sil_without_its_micropython(at: Stage) -> None:
    at.patch.setattr(process, "BUILD", at.folder)
    name = "verbs/rigs.py: SapperError(what, remedy)"
    remedy = at.fails(name, "replay", at.trace(), "--rig", "sil")
    # The target that makes that very file: its recipe says so.
    assert remedy == "run `make micropython`"
    assert "micropython: ## build/micropython" in (ROOT / "Makefile").read_text(encoding="utf-8")


@situation("verbs/replay.py: {} is not there")
def a_firmware_that_is_not_there(at: Stage) -> None:
    name = "verbs/replay.py: {} is not there"
    remedy = at.fails(name, "replay", at.trace(), "--firmware", at.folder / "firmware.uf2")
    assert "`make firmware`" in remedy
