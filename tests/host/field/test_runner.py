"""What a mission does when something happens: finds, stops, refusals, another board, ground that did not count."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely

from sapper_host.field.account import account_of
from sapper_host.field.journal import notes_of
from sapper_host.field.mission import DONE, Kept, Mission, create_mission
from sapper_host.field.plan import plan_of
from sapper_host.field.runner import Runner
from sapper_host.field.running import Phase
from tests.host.field.fake_rover import FakeRover
from tests.host.field.fields import USUAL, rectangle
from tests.host.field.test_interrupted import Crew

pytestmark = pytest.mark.unit
AREA = rectangle(3.0, 1.4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "meadow.mission"
    create_mission(made, plan_of(AREA, USUAL))
    return made


def run(
    path: Path,
    rover: FakeRover,
    crew: Crew | None = None,
    finds: str = "hand over",
    meanwhile: Callable[[FakeRover], None] = lambda rover: None,
    longest_s: float = 1500,
) -> Runner:
    runner = Runner(Mission(path), crew or Crew(rover), finds)
    while rover.now_s < longest_s and runner.step(rover) not in (Phase.DONE, Phase.HELD):
        rover.advance()
        meanwhile(rover)
    runner.close()
    return runner


def test_a_mission_without_trouble_claims_all_of_the_area(path: Path) -> None:
    rover = FakeRover(USUAL)
    assert run(path, rover).phase is Phase.DONE and rover.trespasses == 0
    account = account_of(Mission(path))
    assert account.share(account.claimed_m2) == pytest.approx(100) and not account.gaps and not account.again
    assert Mission(path).progress().state == DONE
    lanes = [line for line in rover.said if line.startswith("lane")]
    assert len(lanes) == len(set(lanes)), "a lane was driven twice"


def test_a_mission_that_is_done_is_not_begun_again(path: Path) -> None:
    rover = FakeRover(USUAL)
    run(path, rover)
    said = len(rover.said)
    assert run(path, rover).phase is Phase.DONE and len(rover.said) == said


def test_finds_may_all_be_gone_round_without_asking(path: Path) -> None:
    class Silent(Crew):
        def verdict(self, contact: Kept) -> str:
            raise AssertionError("asked")

    rover = FakeRover(USUAL, targets=[(1500, -350, True)])
    assert run(path, rover, Silent(rover), "skirt").phase is Phase.DONE
    (kept,) = Mission(path).contacts()
    assert kept.verdict == "suspect" and rover.trespasses == 0 and "verdict unknown" in rover.said
    account = account_of(Mission(path))
    assert {"stand-off of a spot"} <= {gap.cause for gap in account.gaps}
    assert account.claimed_m2 < account.area_m2 - 0.1


def test_a_find_waits_for_its_verdict_and_the_rover_stands(path: Path) -> None:
    answers = itertools.chain([None] * 100, itertools.repeat("clutter"))

    class Slow(Crew):
        def verdict(self, contact: Kept) -> str | None:  # type: ignore[override]
            return next(answers)

    rover = FakeRover(USUAL, targets=[(1500, -350, False)])
    assert run(path, rover, Slow(rover)).phase is Phase.DONE
    assert account_of(Mission(path)).share(account_of(Mission(path)).claimed_m2) == pytest.approx(100)
    assert [kept.verdict for kept in Mission(path).contacts()] == ["clutter"]


def test_nothing_moves_and_nothing_is_cleared_before_people_agree(path: Path) -> None:
    class Nobody(Crew):
        asked: set[str] = set()

        def consent(self, what: str, why: str) -> bool:
            self.asked.add(what)
            return False

    rover = FakeRover(USUAL)
    run(path, rover, Nobody(rover), longest_s=30)
    assert Nobody.asked == {"arm"} and rover.state == "SAFE" and rover.driven_mm == 0


def test_a_stop_is_told_with_its_remedy_and_gone_on_from(path: Path) -> None:
    asked: list[str] = []

    class Asked(Crew):
        def consent(self, what: str, why: str) -> bool:
            asked.append(why)
            return True

    def estop(rover: FakeRover) -> None:
        if 40 <= rover.now_s < 40.05 and rover.state == "SWEEP":
            rover._stop("estop_open")

    rover = FakeRover(USUAL)
    assert run(path, rover, Asked(rover), meanwhile=estop).phase is Phase.DONE
    assert any("estop_open; close the emergency-stop loop" in why for why in asked)
    assert account_of(Mission(path)).claimed_m2 == pytest.approx(AREA.polygon.area)


def test_ground_that_the_board_did_not_count_is_swept_again(path: Path) -> None:
    """It was blind for a moment: a hole in its map, and a refusal where the tracks would come upon it."""

    rover = FakeRover(USUAL, blind=(100, 106, 190, 196, 60.0))
    assert run(path, rover).phase is Phase.DONE and rover.trespasses == 0
    assert account_of(Mission(path)).claimed_m2 == pytest.approx(AREA.polygon.area, abs=0.1)


@pytest.mark.parametrize("off_mm", [-70, 55])
def test_a_rover_that_tracks_brought_beside_a_lanes_line_is_shifted_onto_it_before_it_begins(
    path: Path, off_mm: int
) -> None:
    """They slipped, and GNSS tells only once the rover stands."""
    slipped: list[int] = []

    def slip(rover: FakeRover) -> None:
        shifts = sum(line.startswith("shift") for line in rover.said)
        if shifts and not slipped and rover.state == "ARMED" and rover.said[-1].startswith(("shift", "ping", "status")):
            rover.y += off_mm
            slipped.append(len(rover.said))

    rover = FakeRover(USUAL)
    assert run(path, rover, meanwhile=slip).phase is Phase.DONE and rover.trespasses == 0
    after = [line for line in rover.said[slipped[0] :] if line.startswith(("shift", "lane"))]
    assert after[0].startswith("shift") and after[1].startswith("lane")
    lanes = [line for line in rover.said if line.startswith("lane")]
    assert len(lanes) == len(set(lanes)), "no lane met ground that is not searched"
    assert account_of(Mission(path)).claimed_m2 == pytest.approx(AREA.polygon.area)


def test_a_board_that_never_counts_a_place_ends_with_a_gap_and_its_cause(path: Path) -> None:
    rover = FakeRover(USUAL, blind=(115, 122, 190, 196, 1e9))
    runner = run(path, rover)
    assert runner.phase is Phase.DONE and rover.trespasses == 0
    account = account_of(Mission(path))
    assert account.claimed_m2 < account.area_m2 - 0.05
    (there,) = [gap for gap in account.gaps if gap.shape.buffer(0.01).contains(shapely.Point(1.9, -0.4))]
    assert there.cause.startswith("stopped: ground"), there.cause


def test_another_board_takes_over_only_when_people_say_so(path: Path) -> None:
    Mission(path).take_over("e66100000000beef")

    class No(Crew):
        def consent(self, what: str, why: str) -> bool:
            return what != "take over"

    rover = FakeRover(USUAL)
    run(path, rover, No(rover), longest_s=20)
    assert not [line for line in rover.said if line.startswith(("place", "arm"))]
    assert Mission(path).about()["board"] == "e66100000000beef"
    assert run(path, rover).phase is Phase.DONE and Mission(path).about()["board"] == rover.board


def test_a_power_cut_is_noted_and_the_ground_is_given_back(path: Path) -> None:
    cut: list[float] = []

    def power(rover: FakeRover) -> None:
        if rover.now_s > 45 and not cut:
            cut.append(rover.now_s)
            rover.power_cut()

    rover = FakeRover(USUAL)
    assert run(path, rover, meanwhile=power).phase is Phase.DONE and rover.trespasses == 0
    assert "place unknown" in {note.kind for note in notes_of(Mission(path))}
    assert [line for line in rover.said if line.startswith("searched")]
    assert account_of(Mission(path)).claimed_m2 == pytest.approx(AREA.polygon.area)


def test_ground_of_an_unsure_place_is_doubtful_and_never_claimed(path: Path) -> None:
    rover = FakeRover(USUAL, sigma_mm=120)
    run(path, rover, longest_s=400)
    account = account_of(Mission(path))
    assert account.claimed_m2 == 0 and account.doubtful_m2 > 3
    assert "place not known well enough" in {gap.cause for gap in account.gaps}


def test_the_account_adds_up(path: Path) -> None:
    rover = FakeRover(USUAL, targets=[(1500, -350, True)])
    run(path, rover, longest_s=20)
    told = account_of(Mission(path)).as_dict()
    sums = sum(told[name]["m2"] for name in ("claimed", "doubtful", "not_searched"))
    assert sums == pytest.approx(told["area_m2"], abs=0.01)
    gaps = sum(gap["area_m2"] for gap in told["gaps"])
    assert gaps == pytest.approx(told["area_m2"] - told["claimed"]["m2"], abs=0.05)
    assert "not driven yet" in {gap["cause"] for gap in told["gaps"]} and told["again"]
