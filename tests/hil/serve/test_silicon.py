"""The protocol of the first real board, rehearsed on the virtual one: it finds what was put there, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hil.serve.silicon_rover import SiliconRover
from sapper.shared.pins import GPIO
from sapper_host.board.link import Link
from sapper_host.cli import main
from sapper_host.errors import SapperError, Status
from sapper_host.silicon import protocol
from sapper_host.silicon.bench import Bench
from sapper_host.silicon.compare import Compared, compare
from sapper_host.silicon.model import MODEL
from sapper_host.silicon.protocol import STEPS, figures_of
from tests.host.rig_board import RigBoard
from tests.host.silicon.others import others

pytestmark = pytest.mark.virtual

STORAGE = 0x100000


def measured(rover: SiliconRover, *names: str, tell: Callable[[str], None] = lambda line: None, **options: Any) -> Any:
    """The record of these steps alone."""
    return protocol.run(Bench(rover, rover.hands), tell, others(*names), **options)


def rows(record: Any, model: Any = MODEL) -> dict[str, Compared]:
    return {row.what: row for row in compare(figures_of(record), model)}


@pytest.mark.parametrize(("miss_clk", "random", "replaced"), [(30, False, "least recently used"), (70, True, "random")])
def test_it_finds_what_a_miss_costs_and_how_the_cache_replaces(miss_clk: int, random: bool, replaced: str) -> None:
    with SiliconRover(xip_miss_clk=miss_clk, xip_random=random) as rover:
        record = measured(rover, "cache")
    figures = figures_of(record)
    assert figures["uncached_clk"] == pytest.approx(miss_clk, abs=0.1)
    assert figures["miss_clk"] == pytest.approx(miss_clk, abs=0.1)
    assert figures["replacement"] == replaced
    table = rows(record)
    assert table["a word past the cache"].set == f"xip_miss_clk={miss_clk}"
    assert table["which line is replaced"].within is (not random)
    for same in ("a word that it has", "bytes that a miss fetches", "bytes of a way", "CTR_ACC counts every load"):
        assert table[same].within, same


def test_a_model_that_lies_by_a_tenth_is_found_out_and_an_honest_one_is_not() -> None:
    """Flash, converter and start of the model as it is are within what they say of it, too."""
    with SiliconRover() as rover:
        record = measured(rover, "cache", "flash", "converter", "start")
    assert [row.what for row in rows(record).values() if row.within is False] == []
    lie = {name: value * 1.1 if isinstance(value, float) else value for name, value in MODEL.items()}
    found = [row.what for row in rows(record, lie).values() if row.within is False]
    assert {"a word past the cache", "a word that the cache lacks", "clk_sys"} <= set(found)
    with SiliconRover(xip_miss_clk=53) as dearer:
        told = rows(measured(dearer, "cache"))
    assert told["a word past the cache"].within is False
    assert told["a word that the cache lacks"].set == "xip_miss_clk=53"


def test_it_finds_the_converters_noise() -> None:
    with SiliconRover(adc_noise_lsb=2.0) as rover:
        record = measured(rover, "converter")
    assert figures_of(record)["noise_lsb"] == pytest.approx(2.0, abs=0.2)
    row = rows(record)["ADC noise, quietest input"]
    assert not row.within and row.set.startswith("adc_noise_lsb=2.")


def test_it_finds_a_crystal_that_is_off_within_the_uncertainty_that_is_told() -> None:
    with SiliconRover(crystal_ppm=900.0) as rover:
        record = measured(rover, "clock", clock_s=5.0)
    figures = figures_of(record)
    assert figures["crystal_within_ppm"] < 600
    assert figures["crystal_ppm"] == pytest.approx(900, abs=figures["crystal_within_ppm"])
    assert rows(record)["crystal against the laptop"].within is False


def test_flash_is_worn_only_where_a_sector_of_the_idle_slot_is_blank_and_is_left_so() -> None:
    with SiliconRover() as rover:
        before = rover.pico.flash.image()
        record = measured(rover, "flash")
        (step,) = [each for each in record["steps"] if each["name"] == "flash"]
        assert step["figures"]["erase_ms"] > 20 and step["figures"]["program_ms"] > 0.2
        assert rover.pico.flash.image() == before
        free = before[STORAGE:].find(b"\xff" * 4096)
        assert free >= 0
        rover.pico.flash.write(STORAGE, before[STORAGE:].replace(b"\xff" * 256, b"\xfe" + b"\xff" * 255))
        full = rover.pico.flash.image()
        (step,) = [each for each in measured(rover, "flash")["steps"] if each["name"] == "flash"]
        assert step["skipped"] == "no sector of the idle update slot is blank"
        assert rover.pico.flash.image() == full


def test_nothing_moves_that_was_not_said_to_stand_on_blocks() -> None:
    with SiliconRover() as rover:
        enable = rover.pico.pin(GPIO["MOTOR_EN"])
        record = protocol.run(Bench(rover, rover.hands), lambda line: None, others("start", "sweep"))
        (sweep,) = [step for step in record["steps"] if step["name"] == "sweep"]
        assert "--on-blocks" in sweep["skipped"]
        assert not enable.level and rover.travelled_m == 0.0
        assert Bench(rover, rover.hands).begin()["sapper"], "it runs Sapper, in SAFE"


def test_a_sweep_tells_load_jitter_and_what_the_cache_had() -> None:
    with SiliconRover() as rover:
        record = measured(rover, "sweep", on_blocks=True, sweep_s=4.0)
        (step,) = [each for each in record["steps"] if each["name"] == "sweep"]
        assert not step["skipped"], step["skipped"]
        figures = step["figures"]
        assert figures["swept_s"] == pytest.approx(4.0, abs=0.6)
        assert rover.travelled_m > 0.5
        counts = rover.pico.xip.counts
        assert 0 < figures["cache_misses_per_s"] < figures["cache_accesses_per_s"]
        assert figures["cache_accesses_per_s"] * figures["swept_s"] < counts.accesses
        assert 5 < figures["load_percent"] < 100
        assert figures["late_p999_us"] <= figures["late_max_us"] and figures["tick_p999_us"] <= figures["tick_max_us"]
        assert not rover.pico.pin(GPIO["MOTOR_EN"]).level


@pytest.mark.parametrize(
    ("step", "after_s"),
    [("sweep", 3.0), ("clock", 0.27), ("clock", 1.0), ("cache", 0.35), ("start", 0.4), ("start", 0.5)],
)
def test_ctrl_c_stops_the_motors_and_leaves_the_board_in_safe_running_sapper(step: str, after_s: float) -> None:
    """In the sweep, on the way to MicroPython's prompt, at it, and back."""
    with SiliconRover() as rover:
        rover.interrupt(rover.clock() + after_s)
        with pytest.raises(KeyboardInterrupt):
            measured(rover, step, on_blocks=True)
        assert (rover.travelled_m > 0.0) is (step == "sweep")
        assert not rover.pico.pin(GPIO["MOTOR_EN"]).level
        assert Bench(rover, rover.hands).begin()["sapper"]


def test_a_step_that_fails_is_told_and_the_others_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    from sapper_host.silicon import raw_prompt

    monkeypatch.setattr(raw_prompt, "PROGRAM_S", 1.0)
    with SiliconRover() as rover:
        bench = Bench(rover, rover.hands)
        prompt = bench.begin() and bench.prompt()
        with pytest.raises(SapperError, match="ZeroDivisionError"):
            prompt.run("1 // 0")
        with pytest.raises(SapperError, match="answered"):
            prompt.value("object()")
        bench.make_safe()
        monkeypatch.setattr(raw_prompt.RawPrompt, "measure", lambda self, name: self.run("raise ValueError(7)"))
        record = measured(rover, "cache", "start")
    told = {each["name"]: each for each in record["steps"]}
    assert told["cache"]["skipped"].startswith("failed: a program at MicroPython's prompt failed: ValueError: 7")
    assert not told["start"]["skipped"] and told["start"]["figures"]["start_ms"] > 100


@pytest.mark.slow
@pytest.mark.whole
def test_the_kept_figures_are_the_models() -> None:
    """Else: `python -m hil.serve.silicon_model`. Four of the steps are looked at above, always."""
    with SiliconRover() as rover:
        record = measured(rover, *(step.name for step in STEPS), on_blocks=True)
    assert figures_of(record).keys() == MODEL.keys()
    assert [row for row in rows(record).values() if not row.within] == []


def test_over_a_port_it_finds_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """As with a real board: bytes, restarts and Sapper's prompt go through a serial port."""
    with RigBoard("virtual", xip_miss_clk=56) as board:
        with Link.open(board.port) as link:
            link.identify(100)  # a busy machine takes its time over a board's start
        skipped = [word for name in others("cache", "start") for word in ("--skip", name)]
        status = main(["bench", "silicon", "--port", board.port, "--json", *skipped])
        assert status == Status.SHORTFALL
    figures = figures_of(json.loads(capsys.readouterr().out))
    assert figures["uncached_clk"] == pytest.approx(56, abs=0.1)
    assert figures["start_board_ms"] < 1000
