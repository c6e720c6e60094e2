"""A whole mission in a small field on `sil`: the host's runner drives it, and the figures are the world's truth."""

from pathlib import Path
from typing import Any

import pytest

from hil.play.field_run import NEAR_M, FieldResult, FieldRun
from hil.play.searching import Searching
from hil.rigs.registry import open_rig
from hil.world.field.field_file import parse_field
from hil.world.field.made_up import made_of
from sapper_host.board.decoder import Event
from sapper_host.field.account import account_of
from sapper_host.field.mission import Kept, Mission

FIELD: dict[str, Any] = {
    "field": {"corners_m": [[0, 0], [2.4, 0], [2.4, -1.6], [0, -1.6]], "base_length_m": 1.6, "seed": 3},
    "start": {"x_m": -1.1, "y_m": -0.4},
    "front_end": {"coils": 10},
    "soil": {"strength_mv": 15.0},
    "target": [
        {"material": "steel", "shape": "plate", "radius_m": 0.065, "x_m": 1.4, "y_m": -0.5, "depth_m": 0.05},
    ],
}


def run_in(folder: Path, blind_truth: bool = False) -> tuple[FieldRun, FieldResult, list[float]]:
    """blind_truth: of a world in which nothing that the coil passes over counts as searched."""
    shares: list[float] = []
    with open_rig("sil") as rig:
        run = FieldRun(rig, made_of(parse_field(FIELD), (-1100, -400, 0)), folder / "small.sapper-field")
        if blind_truth:
            run.loop.searching = lambda: False
        run.prepare()
        return run, run.drive(lambda share, _: shares.append(share)), shares


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> tuple[FieldRun, FieldResult, list[float]]:
    return run_in(tmp_path_factory.mktemp("field"))


@pytest.mark.sil
@pytest.mark.xdist_group("field run")
def test_a_small_field_is_searched_and_no_track_is_where_it_must_not_be(driven) -> None:
    run, result, shares = driven
    assert (result.phase, result.held_for) == ("done", "")
    assert result.trespasses == result.trespass_cells == result.near_unfound == result.knocks == 0
    assert result.coverage >= 0.97 and result.wrongly_claimed_m2 == 0 and result.targets_wrongly_claimed == 0
    assert (result.targets, result.targets_found, result.targets_reached) == (1, 1, 1)
    assert run.world.truth.nearest_m[0] > NEAR_M
    assert result.area_m2 == pytest.approx(2.4 * 1.6) and result.ratio == pytest.approx(
        result.driven_m / (result.area_m2 / 0.9)
    )
    assert shares and max(shares) <= 1.0 and shares[-1] > 0.5


@pytest.mark.sil
@pytest.mark.xdist_group("field run")
def test_a_find_is_measured_along_the_rovers_way_against_the_sigma_told(driven) -> None:
    run, result, _ = driven
    ((error_m, sigma_m),) = result.places
    (spot,) = [each for each in run.spots if each.target == 0]
    assert error_m == pytest.approx(1.4 - spot.x_m, abs=0.02) and sigma_m == spot.sigma_m
    assert abs(error_m) <= 3 * sigma_m


@pytest.mark.sil
@pytest.mark.xdist_group("field run")
def test_the_missions_file_says_what_the_figures_say(driven) -> None:
    run, result, _ = driven
    account = account_of(Mission(run.mission.path))
    assert account.claimed_m2 == pytest.approx(result.claimed_m2, abs=0.01)
    assert account.state == "done" and [kept.verdict for kept in account.spots] != []


@pytest.mark.sil
@pytest.mark.xdist_group("field run")
def test_a_world_in_which_nothing_was_searched_is_told_as_such(tmp_path: Path) -> None:
    """Known bad: all that is claimed is wrong then, and every way over it is trespass."""
    _, result, _ = run_in(tmp_path, blind_truth=True)
    assert result.claimed_m2 > 1 and result.wrongly_claimed_m2 == pytest.approx(result.claimed_m2, rel=0.05)
    assert result.trespasses > 0 and result.trespass_cells > 100


def event(kind: str, **args: object) -> Event:
    return Event(1, 10, kind, 0, args)


@pytest.mark.unit
def test_ground_counts_as_searched_from_what_the_board_tells() -> None:
    searching = Searching()
    assert not searching()
    searching.hear(event("state", to="SWEEP"))
    assert not searching(), "the detector does not know the ground yet"
    searching.hear(event("covered", searched=1))
    assert searching()
    searching.hear(event("spot"))
    searching.hear(event("covered", searched=0))
    assert searching(), "it rolls to rest over a find"
    searching.hear(event("state", to="TELEOP"))
    assert not searching()
    searching.hear(event("covered", searched=1))
    searching.hear(event("covered", searched=0))
    assert not searching(), "blind"
    searching.hear(event("covered", searched=1))
    searching.end()
    assert not searching()


@pytest.mark.sil
@pytest.mark.xdist_group("field run")
def test_who_stands_beside_lifts_what_is_there_and_calls_the_rest_clutter(driven) -> None:
    run, _, _ = driven

    def kept(x_mm: int, y_mm: int, heading_mrad: int = 0) -> Kept:
        return Kept("board", 1, 1, x_mm, y_mm, 60, "none", heading_mrad, "")

    assert run.judged(kept(300, -1200)) == "clutter"
    assert run.judged(kept(1500, -400)) == ("skirt" if 0 in run._left else "removed")
    # Seen from across, the target's place along the way is another.
    assert run.target_at(1.4, -1.3, 0.0) is None
    assert run.target_at(1.4, -1.3, 1.571) is None and run.target_at(1.4, -0.7, 1.571) == 0
