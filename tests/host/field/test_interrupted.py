"""A mission broken off at any moment, by whatever there is, goes on: nothing lost, nothing counted twice, no track on
ground that was not searched, and in the end the same ground as without a break."""

from __future__ import annotations

import os
import random
import shutil
import signal
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sapper_host.field.mission import DONE, Kept, Mission, create_mission
from sapper_host.field.people import Placed
from sapper_host.field.plan import Plan, plan_of
from sapper_host.field.runner import Runner
from sapper_host.field.running import Phase
from sapper_host.field.searched import NONE
from tests.host.field.fake_rover import FakeRover, Trouble
from tests.host.field.fields import USUAL, rectangle

pytestmark = pytest.mark.unit
TARGETS = [(2000, -1000, True), (3000, -2300, False)]
LONGEST_S = 3000
HOW = ("program", "power", "laptop", "link", "all")


@dataclass
class Crew:
    """Agrees to all; carries a rover that forgot its place before the base line; judges finds by what is there."""

    rover: FakeRover
    told: list[str] = field(default_factory=list)

    def place(self, why: str) -> Placed:
        if self.rover.x > -450 or abs(self.rover.heading) > 0.1:
            self.rover.stand(-1000, -350)
        return Placed(round(self.rover.x), round(self.rover.y))

    def consent(self, what: str, why: str) -> bool:
        return True

    def verdict(self, contact: Kept) -> str:
        near = [mine for x, y, mine in self.rover.targets if abs(x - contact.x_mm) + abs(y - contact.y_mm) < 200]
        return "mine" if any(near) else "clutter"

    def tell(self, text: str) -> None:
        self.told.append(text)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(rectangle(4, 2.8), USUAL)


def begun(folder: Path, plan: Plan) -> Path:
    path = folder / "meadow.mission"
    create_mission(path, plan)
    return path


def drive(path: Path, rover: FakeRover, until_s: float = LONGEST_S) -> Runner:
    """One program, until it is done or killed: nothing is put away."""
    runner = Runner(Mission(path), Crew(rover))
    while rover.now_s < until_s and runner.step(rover) not in (Phase.DONE, Phase.HELD):
        rover.advance()
    return runner


@pytest.fixture(scope="module")
def undisturbed(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    rover = FakeRover(USUAL, 0, list(TARGETS))
    runner = drive(begun(tmp_path_factory.mktemp("whole"), plan), rover)
    assert runner.phase is Phase.DONE and not rover.trespasses
    return runner


def broken(how: str, path: Path, rover: FakeRover, chance: random.Random) -> Path:
    """What happens at a moment. Where the file is then."""
    if how == "all":
        how = chance.choice(HOW[:-1])
    if how == "power":
        rover.power_cut()
    elif how == "link":
        rover.link_down()
        rover.advance(chance.uniform(0.5, 4))
        rover.link_up()
    elif how == "laptop":
        other = path.with_name(f"copy-{rover.now_s:.1f}")
        shutil.copyfile(path, other)
        return other
    return path


def interrupted(seed: int, path: Path) -> tuple[FakeRover, Runner, set[tuple[int, int]]]:
    """Broken off some times. And the cells that were in the file at the last of them."""
    chance = random.Random(seed)
    how = HOW[seed % len(HOW)]
    rover = FakeRover(USUAL, seed, list(TARGETS), Trouble(*chance.choice([(0, 0, 0), (0.02, 0.1, 0.5)])))
    kept: set[tuple[int, int]] = set()
    for _ in range(chance.randint(1, 3)):
        runner = drive(path, rover, rover.now_s + chance.uniform(2, 200))
        if runner.phase is Phase.DONE:
            break
        path = broken(how, path, rover, chance)
        before = Runner(Mission(path), Crew(rover)).searched.sigma_mm != NONE
        here = {(int(i), int(j)) for i, j in zip(*before.nonzero(), strict=True)}
        assert kept <= here, "ground that was in the file is not there any more"
        kept = here
    return rover, drive(path, rover), kept


def check(seed: int, folder: Path, plan: Plan, undisturbed: Runner) -> None:
    rover, runner, kept = interrupted(seed, begun(folder, plan))
    assert runner.phase is Phase.DONE, (seed, runner.phase, runner.held_for, runner.order, runner.known)
    assert runner.mission.progress().state == DONE
    assert rover.trespasses == 0
    searched = runner.searched.sigma_mm != NONE
    # Never more than what was truly searched, never less than was kept.
    truth = {(int(i) - 80, int(j) - 200) for i, j in zip(*rover.truth.nonzero(), strict=True)}
    told = {
        (int(i) + runner.searched.left, int(j) + runner.searched.low) for i, j in zip(*searched.nonzero(), strict=True)
    }  # noqa: E501
    assert told <= truth
    assert all(searched[i, j] for i, j in kept)
    whole = undisturbed.searched.sigma_mm != NONE
    contacts = runner.mission.contacts()
    # A find's place is measured a little differently each time, and ground round it is planned by that. One over which
    # it was broken off before people had judged it is kept off.
    kept_off, usual = (
        sum(each.verdict == "suspect" for each in found) for found in (contacts, undisturbed.mission.contacts())
    )
    most = 0.02 + 0.18 * max(0, kept_off - usual)
    assert (whole & ~searched).sum() <= most * whole.sum(), "less than without a break"
    places = {(round(c.x_mm / 300), round(c.y_mm / 300)) for c in contacts}
    assert len(places) == len(TARGETS), contacts
    assert len(contacts) <= len(TARGETS) + 1
    moves = runner.mission.moves()
    driven = runner.mission.searched_mm()
    assert sum(driven.values()) <= sum(value for kind, value, *_ in moves if kind == "lane")


@pytest.mark.parametrize("seed", range(20))
def test_a_mission_broken_off_goes_on(seed: int, tmp_path: Path, plan: Plan, undisturbed: Runner) -> None:
    check(seed, tmp_path, plan, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20, 200))
def test_a_mission_broken_off_at_any_of_many_moments_goes_on(
    seed: int, tmp_path: Path, plan: Plan, undisturbed: Runner
) -> None:
    check(seed, tmp_path, plan, undisturbed)


def test_a_program_killed_while_it_writes_leaves_a_whole_file(tmp_path: Path, plan: Plan) -> None:
    """kill -9, over and over; each time the file holds at least what the one before did."""
    path = begun(tmp_path, plan)
    cells = 0
    for after in (0.15, 0.3, 0.45, 0.6):
        program = os.fork()
        if not program:
            try:
                drive(path, FakeRover(USUAL, 0, []))
            finally:
                os._exit(0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        import time

        time.sleep(after)
        os.kill(program, signal.SIGKILL)
        os.waitpid(program, 0)
        runner = Runner(Mission(path), Crew(FakeRover(USUAL)))
        now = int((runner.searched.sigma_mm != NONE).sum())
        assert now >= cells
        cells = now
