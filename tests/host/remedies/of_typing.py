"""Situations of the command line itself, and of what is not built."""

from __future__ import annotations

from hil.bench.config import BACKENDS
from hil.rigs.sil import process
from sapper_host.errors import CHECK_NAME, RIGHT_FILE
from sapper_host.files.checkout import ROOT
from sapper_host.silicon.protocol import STEPS
from sapper_host.verbs.rig import PACES
from tests.host.remedies.stage import Stage
from tests.host.remedies.table import situation

OUTSIDE = (
    "verbs/settings.py: SapperError(str(error), f'`sapper settings get {name}` tells what it takes', Status.USAGE)"
)


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


@situation("verbs/trace/synth.py: --scene {}?")
def a_scene_that_is_none(at: Stage) -> None:
    work = ("trace", "synth", "--count", "1", "--out", at.folder / "lanes", "--scene")
    remedy = at.fails("verbs/trace/synth.py: --scene {}?", *work, "swinging")
    at.works(*work, remedy.removeprefix("it is one of ").split(", ")[0])


@situation("verbs/replay.py: --set {}: {}")
def a_setting_that_is_none(at: Stage) -> None:
    remedy = at.fails("verbs/replay.py: --set {}: {}", "replay", at.trace(), "--set", "swep_mm_s=1")
    board = at.board()
    assert "sweep_mm_s" in at.obeys(remedy, "--port", board.port)


@situation("verbs/rigs.py: --bench with --rig {}")
def a_bench_for_another_rig(at: Stage) -> None:
    name = "verbs/rigs.py: --bench with --rig {}"
    remedy = at.fails(name, "replay", at.trace(), "--rig", "sil", "--bench", "emulated")
    assert remedy == "it goes with --rig bench"


@situation("verbs/rigs.py: {} is not there")
def a_bench_that_is_not_there(at: Stage) -> None:
    remedy = at.fails("verbs/rigs.py: {} is not there", "rig", "bench", "--bench", at.folder / "none.toml")
    assert remedy == "`sapper bench init` writes a bench's file"


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


@situation("verbs/settings.py: {} stands there twice")
def a_setting_said_twice(at: Stage) -> None:
    work = ("settings", "set", "--port", at.board().port, "sweep_mm_s=250")
    assert at.fails("verbs/settings.py: {} stands there twice", *work, "sweep_mm_s=200") == "say it once"
    at.works(*work)


@situation(OUTSIDE)
def a_setting_out_of_its_bounds(at: Stage) -> None:
    port = at.board().port
    work = ("settings", "set", "--port", port, "sweep_mm_s")
    remedy = at.fails(OUTSIDE, *work, "99999")
    bounds = at.obeys(remedy, "--port", port).splitlines()[-1]
    at.works(*work, bounds.split("..")[0].strip())


@situation("verbs/settings.py: SapperError(not_there(name), did_you_mean(name), Status.USAGE)")
def a_setting_that_is_misspelt(at: Stage) -> None:
    port = at.board().port
    name = "verbs/settings.py: SapperError(not_there(name), did_you_mean(name), Status.USAGE)"
    remedy = at.fails(name, "settings", "set", "--port", port, "swep_mm_s=250")
    meant = remedy.partition("did you mean ")[2].partition("?")[0].split(" or ")[0]
    assert meant == "sweep_mm_s" and meant in at.obeys(remedy, "--port", port)
    at.works("settings", "set", "--port", port, f"{meant}=250")


@situation("verbs/settings.py: there is no option {}")
def an_option_that_is_none(at: Stage) -> None:
    work = ("settings", "set", "--port", at.board().port)
    remedy = at.fails("verbs/settings.py: there is no option {}", *work, "--nosave", "sweep_mm_s=250")
    assert "--no-save" in at.obeys(remedy)
    at.works(*work, "--no-save", "sweep_mm_s=250")


@situation("verbs/settings.py: '{}'?")
def a_setting_without_its_value(at: Stage) -> None:
    work = ("settings", "set", "--port", at.board().port, "sweep_mm_s")
    assert at.fails("verbs/settings.py: '{}'?", *work) == "write NAME VALUE, or NAME=VALUE"
    at.works(*work, "250")


@situation("board/settings.py: SapperError(str(error), 'nothing was changed on the board', Status.USAGE)")
def a_setting_that_does_not_go_with_another(at: Stage) -> None:
    """The message names the other one."""
    board = at.board()
    name = "board/settings.py: SapperError(str(error), 'nothing was changed on the board', Status.USAGE)"
    work = ("settings", "set", "--port", board.port, "speed_max_mm_s=200")
    assert at.fails(name, *work) == "nothing was changed on the board"
    at.works(*work, "sweep_mm_s=200")


@situation("verbs/rig.py: --pace {}?")
def a_pace_that_is_none(at: Stage) -> None:
    remedy = at.fails("verbs/rig.py: --pace {}?", "rig", "virtual", "--pace", "slow")
    assert set(remedy.removeprefix("it is one of ").split(", ")) == set(PACES)


def _silicon(at: Stage, *options: object) -> None:
    """The protocol on the virtual board, without any of its steps."""
    skipped = [word for step in STEPS for word in ("--skip", step.name)]
    at.works("bench", "silicon", *skipped, *options)


@situation("verbs/bench/silicon.py: --skip {}?")
def a_step_that_is_none(at: Stage) -> None:
    remedy = at.fails("verbs/bench/silicon.py: --skip {}?", "bench", "silicon", "--skip", "crystal")
    assert remedy.removeprefix("the steps are ").split(", ") == [step.name for step in STEPS]
    _silicon(at, "--port", at.board().port)


@situation("verbs/bench/silicon.py: which board?")
def a_port_and_a_rig(at: Stage) -> None:
    for words in (("--rig", "sil"), ("--rig", "virtual", "--port", "/dev/x")):
        assert "--rig virtual" in at.fails("verbs/bench/silicon.py: which board?", "bench", "silicon", *words)
    _silicon(at, "--rig", "virtual")


@situation("verbs/bench/init.py: --backend {}?")
def a_backend_that_is_none(at: Stage) -> None:
    remedy = at.fails("verbs/bench/init.py: --backend {}?", "bench", "init", "--backend", "usb")
    assert remedy.removeprefix("it is one of ").split(", ") == list(BACKENDS)


@situation("verbs/bench/wiring.py: '{}' is no format of this picture")
def a_picture_of_wires_that_is_none(at: Stage) -> None:
    name = "verbs/bench/wiring.py: '{}' is no format of this picture"
    assert at.fails(name, "bench", "wiring", "--out", at.folder / "w.png") == "name it .svg"
    at.works("bench", "wiring", "--out", at.folder / "w.svg")


@situation("verbs/rigs.py: --place-wait without --place")
def a_wait_for_no_place(at: Stage) -> None:
    name = "verbs/rigs.py: --place-wait without --place"
    assert at.fails(name, "replay", at.trace(), "--place-wait", "3") == "add --place NAME"


@situation("silicon/record.py: {} cannot be read ({})")
def a_record_that_is_not_there(at: Stage) -> None:
    name = "silicon/record.py: {} cannot be read ({})"
    remedy = at.fails(name, "bench", "silicon", "--against", at.folder / "no.json")
    assert remedy == CHECK_NAME
    _silicon(at, "--rig", "virtual", "--out", at.folder / "yes.json")
    _silicon(at, "--rig", "virtual", "--against", at.folder / "yes.json")


@situation("silicon/record.py: {} is no record of `sapper bench silicon`")
def a_file_that_is_no_record(at: Stage) -> None:
    name = "silicon/record.py: {} is no record of `sapper bench silicon`"
    for text in (
        "",
        "[]",
        '{"format": 1}',
        '{"format": 1, "steps": [1]}',
        '{"format": 1, "steps": [{"figures": {"a": []}}]}',
    ):
        file = at.file("s.json", text)
        assert at.fails(name, "bench", "silicon", "--against", file) == RIGHT_FILE
    file.write_text('{"format": 1, "steps": [{"figures": {"uncached_clk": 52.0}}]}')
    _silicon(at, "--port", at.board().port, "--against", file)
