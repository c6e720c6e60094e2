"""The IMU of the rigs and the firmware's driver for it: the same assertions on `sil` and on `virtual`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.errors import HilError
from hil.rigs.capabilities import inertial_of
from hil.rigs.firmware import default_uf2
from hil.rigs.ports import IMU_FAULTS, IMU_RESTS, imu_rows
from hil.rigs.rig import NS_PER_MS
from hil.rigs.sil import SilRig, process
from hil.rigs.spread import FIRST_START_MS
from hil.rigs.virtual import VirtualPico
from tests.hil.rigs.virtual.repl import Repl

PROGRAM = Path(__file__).with_name("imu_program.py")
RATE_HZ = 104
# From plugging in to values: a second until it is looked for, 10 ms of its own start, the reset, 120 ms of settling.
UP_MS = 1000 + 10 + 30 + 130
NOISE = np.array([0, 3, 3, 3, 10, 10, 10])


@dataclass
class Told:
    """One read of the board's."""

    fresh: bool
    present: bool
    fault: str
    id: int
    took_us: int
    row: tuple[int, ...]


class Board:
    """A rig whose board reads its IMU every 10 ms and tells of it."""

    def __init__(self, rig: Any) -> None:
        self.rig = rig
        self.imu = inertial_of(rig)
        self.text = ""
        self.tests: list[tuple[int, str]] = []
        self.made_us = 0

    def run(self, ms: float) -> list[Told]:
        """What it told in that time."""
        self.rig.run(round(ms * NS_PER_MS))
        self.text += b"".join(data for _, data in self.rig.usb.read()).decode(errors="replace")
        *lines, self.text = self.text.split("\n")
        told = []
        for line in lines:
            kind, *words = line.split() or [""]
            if kind == "imu":
                fresh, again, present, fault, number, took, *row = words
                assert fresh == again
                told.append(Told(fresh == "1", present == "1", fault, int(number, 16), int(took), tuple(map(int, row))))
            elif kind == "test":
                self.tests.append((int(words[0]), " ".join(words[1:])))
            elif kind == "made":
                self.made_us = int(words[0])
            else:
                assert "Error" not in line and "Traceback" not in line, line
        return told

    def play(self, ms: int, **steady: int) -> None:
        """Noise about these values from now on, a row each ms."""
        names = ("temp", "gyro_x", "gyro_y", "gyro_z", "accel_x", "accel_y", "accel_z")
        middle = np.array(IMU_RESTS) + [steady.get(name, 0) for name in names]
        rows = np.round(middle + NOISE * np.random.default_rng(4).standard_normal((ms, 7)))
        self.imu.play(self.rig.now_ns + np.arange(ms) * NS_PER_MS, rows)

    def begin(self, prompt: Repl) -> None:
        """The program, at a prompt."""
        self.text = ""
        prompt.start(PROGRAM.read_text() + "\nmain()\n")

    def up(self) -> None:
        """Plugged in, and read."""
        self.play(8000)
        self.imu.plug()
        assert self.run(UP_MS + 50)[-1].fresh


def sil_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SilRig:
    firmware = tmp_path / "firmware"
    (firmware / "board" / "modules").mkdir(parents=True)
    (firmware / "board" / "modules" / "_boot.py").touch()
    for room in ("hardware", "shared"):
        shutil.copytree(process.FIRMWARE / "sapper" / room, firmware / "sapper" / room)
    (firmware / "sapper" / "__init__.py").touch()
    shutil.copyfile(PROGRAM, firmware / "sapper" / "run.py")
    monkeypatch.setattr(process, "FIRMWARE", firmware)
    return SilRig()


@pytest.fixture(scope="module")
def prompt() -> Iterator[Repl]:
    """A virtual Pico for all tests, at MicroPython's prompt."""
    with VirtualPico(default_uf2(), seed=7) as rig:
        rig.run(FIRST_START_MS * NS_PER_MS)
        prompt = Repl(rig)
        prompt.enter()
        yield prompt


@pytest.fixture(params=[pytest.param("sil", marks=pytest.mark.sil), pytest.param("virtual", marks=pytest.mark.virtual)])
def board(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    """One without an IMU, for 0.3 s."""
    if request.param == "sil":
        request.getfixturevalue("micropython")
        with sil_board(tmp_path, monkeypatch) as rig:
            board = Board(rig)
            board.run(450)
            yield board
        return
    prompt = request.getfixturevalue("prompt")
    board = Board(prompt.pico)
    board.begin(prompt)
    board.run(300)
    yield board
    board.rig.usb.write(b"x")
    board.run(50)
    prompt.enter()
    board.imu.fault("none")
    board.imu.plug(False)
    board.imu.play([board.rig.now_ns], [IMU_RESTS])


def test_without_one_it_says_so_and_costs_nothing(board: Board) -> None:
    told = board.run(2500)
    assert len(told) > 200
    assert {(each.fresh, each.present, each.fault, each.id) for each in told} == {(False, False, "unplugged", 0)}
    assert 0 < board.made_us < 3000
    assert np.mean([each.took_us for each in told]) < 120 and max(each.took_us for each in told) < 400


def test_one_that_is_plugged_in_is_taken_within_its_time_and_gives_what_it_feels(board: Board) -> None:
    board.play(8000, temp=512, gyro_x=-700, gyro_y=44, gyro_z=30_000, accel_x=-32_000, accel_y=1000)
    board.imu.plug()
    told = board.run(UP_MS)
    assert {each.fault for each in told} == {"unplugged", "starting", "-"}
    assert not any(each.fresh for each in told[:12]), "nothing before it has settled"
    told = board.run(1000)
    assert all(each.fresh and each.present and each.fault == "-" and each.id == 0x6C for each in told)
    means = np.mean([each.row for each in told], axis=0)
    assert np.all(np.abs(means - [512, -700, 44, 30_000, -32_000, 1000, 16_384]) < 4)
    assert np.mean([each.took_us for each in told]) < 200 and max(each.took_us for each in told) < 300


def test_rows_are_whole_and_a_tick_and_a_bit_old(board: Board) -> None:
    """A sensor's values are of one moment: of the part's own clock, at most one of its periods and a tick before."""
    board.imu.plug()
    board.run(UP_MS + 50)
    since_ns = board.rig.now_ns
    steps = np.arange(3000)
    board.imu.play(since_ns + steps * NS_PER_MS, np.repeat(steps[:, None], 7, axis=1))
    ages, seen = [], []
    for _ in range(200):
        told = [each for each in board.run(10) if each.fresh and min(each.row) > 0]
        for each in told:
            gyro, accel = set(each.row[:4]), set(each.row[4:])
            assert len(gyro) == len(accel) == 1 and abs(min(gyro) - min(accel)) <= 10, each
            ages.append((board.rig.now_ns - since_ns) / NS_PER_MS - each.row[0])
            seen.append(each.row[0])
    assert len(seen) > 190
    assert min(ages) >= 9 and max(ages) <= 10 + 10 + 1000 / RATE_HZ + 2
    # 104 a second against 100 reads: none twice, and one in 26 skipped.
    steps_ms = np.diff(seen)
    assert steps_ms.min() >= 9 and steps_ms.max() <= 20
    assert np.mean(steps_ms > 15) == pytest.approx(0.04, abs=0.03)


def test_one_that_is_pulled_out_is_told_at_once_and_taken_again(board: Board) -> None:
    board.up()
    board.imu.plug(False)
    told = board.run(500)
    assert sum(each.fresh for each in told) <= 3
    assert told[-1].fault == "unplugged" and not told[-1].present
    assert max(each.took_us for each in told) < 400
    board.imu.plug()
    told = board.run(UP_MS + 50)
    assert told[-1].fresh and "starting" in {each.fault for each in told}, "without power it has forgotten all"


def test_a_bus_that_is_held_low_costs_a_bounded_time_and_is_told(board: Board) -> None:
    board.up()
    board.imu.fault("sda_low")
    told = board.run(2500)
    assert {each.fault for each in told[3:]} == {"bus"} and not told[-1].present
    assert max(each.took_us for each in told) < 1000
    assert np.mean([each.took_us for each in told]) < 120
    board.imu.fault("none")
    told = board.run(1100)
    assert told[-1].fresh and "starting" not in {each.fault for each in told}, "it has kept its power"


def test_a_loose_contact_costs_some_reads_and_no_second(board: Board) -> None:
    board.up()
    board.imu.fault("sda_low")
    board.run(15)
    board.imu.fault("none")
    told = board.run(1300)
    assert sum(not each.fresh for each in told) <= 110


def test_a_part_that_repeats_itself_is_read_and_started_anew_each_half_second(board: Board) -> None:
    board.up()
    board.imu.fault("stuck")
    told = board.run(1500)
    rows = [each.row for each in told if each.fresh]
    assert len(set(rows)) <= 4 and {"repeats", "starting"} <= {each.fault for each in told}
    board.imu.fault("none")
    told = board.run(1500)
    assert told[-1].fresh and len({each.row for each in told}) > 50


def test_another_part_in_its_place_is_not_taken(board: Board) -> None:
    board.imu.fault("wrong_id")
    board.imu.plug()
    told = board.run(1500)
    assert told[-1].fault == "wrong_id" and told[-1].id == 0x6A
    assert not any(each.fresh or each.present for each in told)


def test_it_tests_itself_and_goes_on(board: Board) -> None:
    board.rig.usb.write(b"t")
    board.run(100)
    assert [wrong for _, wrong in board.tests] == [""], "none fitted is fine"
    board.up()
    board.rig.usb.write(b"t")
    told = board.run(900)
    took_us, wrong = board.tests[-1]
    assert wrong == "" and 200_000 < took_us < 400_000
    assert told[-1].fresh and abs(told[-1].row[6] - 16_384) < 100, "at 2 g again"
    board.imu.fault("stuck")
    board.run(50)
    board.rig.usb.write(b"t")
    board.run(900)
    assert "gyro x moved by 0" in board.tests[-1][1]
    board.imu.fault("none")
    board.run(1500)
    board.imu.plug(False)
    board.run(100)
    board.rig.usb.write(b"t")
    board.run(900)
    assert "unplugged" in board.tests[-1][1]


def test_a_start_of_the_board_finds_a_part_that_runs(board: Board) -> None:
    """RUN does not take its power: on `virtual` it goes on with what was set up; `sil` starts it with the board."""
    board.up()
    if board.rig.name == "sil":
        board.rig.reset()
        assert board.run(600 + UP_MS)[-1].fresh
        return
    prompt = Repl(board.rig)
    board.rig.run_pin(0)
    board.rig.run_pin(1)
    board.rig.run(700 * NS_PER_MS)
    prompt.enter()
    board.begin(prompt)
    told = board.run(100)
    assert told[-1].fresh and "starting" not in {each.fault for each in told}
    board.rig.power_cut()
    board.rig.power_on()
    board.rig.run(700 * NS_PER_MS)
    prompt.enter()
    board.begin(prompt)
    told = board.run(400)
    assert told[-1].fresh and "starting" in {each.fault for each in told}


@pytest.mark.unit
def test_what_is_no_row_is_refused_by_name() -> None:
    with pytest.raises(HilError, match="rows of"):
        imu_rows([0], [[1, 2, 3]])
    with pytest.raises(HilError, match="times fall"):
        imu_rows([1, 0], [IMU_RESTS, IMU_RESTS])
    with pytest.raises(HilError, match="beyond 16 bits"):
        imu_rows([0], [(40_000, *IMU_RESTS[1:])])
    times, rows = imu_rows([], [])
    assert len(times) == len(rows) == 0
    assert IMU_FAULTS[0] == "none"
