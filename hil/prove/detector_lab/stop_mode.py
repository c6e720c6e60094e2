"""Does stop mode find what mark mode finds? Own lanes, in a closed loop on the sil rig: the rover slows, stops, backs.

    python -m hil.prove.detector_lab.stop_mode [--lanes N] [--jobs N] [--set NAME=VALUE ...]

Each lane (recipe.py's difficulties, without stuck gates) is driven twice over the same ground, with `sweep_marks` 1 and
0. In mark mode a target is found by its contact; in stop mode where the rover stood in CONTACT with the coil, by the
world's truth, within half a metre of it, and `over` within 0.15 m. `past` are those for which it stopped further on and
did not back, as the tracks were too near; `left` those that a contact named and no stop was made for. `tracks` are
stops for which the coil had gone further past the target than `coil_clear_mm`, so that a track may have been over it.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping

import numpy as np

from hil.intervals import wilson
from hil.play.lane_run import LaneRun
from hil.rigs.rig import NS_PER_MS, NS_PER_S
from hil.rigs.sil.rig import SilRig
from hil.traces.lane import draw_lane
from hil.traces.recipe import DIFFICULTIES
from hil.workers import workers
from hil.world.world import World
from hil.world.world_file import parse_world
from sapper.shared.settings import row_of
from sapper_host import processes
from sapper_host.recordings.score import FOUND_WITHIN_M, finds_of, score

SEED = 1207
OVER_M = 0.15
_SLICE_NS = 20 * NS_PER_MS  # the rover feels the pins so much later, which is four times as fast to play
_SLOWEST_MM_S = 60
_MODES = ("mark", "stop")


def own_world(difficulty: str, number: int, speed_mm_s: int) -> World:
    """Lane `number` of this proof: the same whatever it is driven with, but for the places in time of its bursts."""
    random = np.random.default_rng([SEED, number, sorted(DIFFICULTIES).index(difficulty)])
    data = draw_lane(random, DIFFICULTIES[difficulty], speed_mm_s / 1000)
    data.pop("stuck")
    return World(parse_world(data, f"{difficulty} {number}"))


def lane(difficulty: str, number: int, mode: str, settings: Mapping[str, int]) -> Counter[str]:
    """One lane in one mode: counts, and its seconds and millimetres driven slowly."""
    speed = settings.get("sweep_mm_s", row_of("sweep_mm_s")[1])
    world = own_world(difficulty, number, speed)
    with SilRig(seed=number + 1) as rig:
        run = LaneRun(rig, world, _SLICE_NS)
        operator = run.operator
        operator.boot()
        for name, value in {"sweep_marks": int(mode == "mark"), **settings}.items():
            operator.must(f"set {name} {value}")
        operator.must("telemetry on")
        operator.settle()
        operator.arm()
        stood_m = _drive(run)
        events = [event.as_dict() for event in operator.heard.events]
        return _counts(run, mode, events, stood_m)


def _drive(run: LaneRun) -> list[tuple[float, float]]:
    """To the lane's end: (coil, furthest coil since the stop before) of each stop over a find, by the truth."""
    operator, truth = run.operator, run.loop.truth
    length_mm = int(run.world.file.world.lane_length_m * 1000)
    limit_ns = run.now_ns + length_mm * NS_PER_S // _SLOWEST_MM_S
    stood: list[tuple[float, float]] = []
    seen = 0
    operator.must(f"sweep {length_mm}")
    while run.now_ns < limit_ns:
        operator.run(_SLICE_NS, _SLICE_NS)
        state = operator.state
        if state == "CONTACT":
            operator.run(NS_PER_S, _SLICE_NS)
            coil = [place[0] for place in truth.coil_m[seen:]]
            stood.append((coil[-1], max(coil)))
            seen = len(truth.coil_m)
            operator.must("verdict mine")
        elif state != "SWEEP" and state != "ARMED":
            operator.must("disarm")
            operator.run(NS_PER_S, _SLICE_NS)
            operator.arm()
        if state != "SWEEP":
            left_mm = length_mm - run.done_mm()
            if left_mm <= 1:
                break
            operator.must(f"sweep {left_mm}")
    return stood


def _counts(
    run: LaneRun, mode: str, events: list[dict[str, object]], stood_m: list[tuple[float, float]]
) -> Counter[str]:
    file = run.world.file
    clear_m = row_of("coil_clear_mm")[1] / 1000
    places = sorted(target.x_m for target in file.targets)
    truth = {
        "lane_length_m": file.world.lane_length_m,
        "swath_m": file.world.swath_m,
        "targets": [{"s_m": place} for place in places],
    }
    contacts = [event for event in events if event["kind"] == "contact"]
    by_contact = score(finds_of(contacts), truth)
    by_stop = score([coil for coil, _ in stood_m], truth)
    found = by_contact if mode == "mark" else by_stop
    named = {match.target for match in by_contact.found}
    stopped = {match.target for match in by_stop.found}
    looks = [float(str(event["place_mm"])) / 1000 for event in events if event["kind"] == "look"]
    past = {match.target for match in score(looks, truth).found} - stopped
    return Counter(
        targets=len(places),
        found=len(found.found),
        false=len(found.false_alarms),
        over=sum(abs(match.error_m) <= OVER_M for match in by_stop.found),
        past=len(past),
        left=len(named - stopped - past) if mode == "stop" else 0,
        tracks=sum(
            any(abs(place - coil) <= FOUND_WITHIN_M and most - place > clear_m for place in places)
            for coil, most in stood_m
        ),
        looks=sum(event["kind"] == "look" and event["how"] == "begun" for event in events),
        alerts=sum(event["kind"] == "detect" for event in events),
        ended=sum(event["kind"] == "state" and event["to"] in ("STOPPED", "FAULT") for event in events),
        milliseconds=run.now_ns // NS_PER_MS,
        area_dm2=round(100 * found.area_m2),
    )


def main() -> None:
    """Drive the lanes, print a line a difficulty and mode."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lanes", type=int, default=20, help="lanes of each difficulty (20)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting, before arming")
    parser.add_argument("--mode", choices=_MODES, help="that mode alone")
    options = parser.parse_args()
    settings = {name: int(value) for name, _, value in (item.partition("=") for item in options.set)}
    modes = [options.mode] if options.mode else list(_MODES)
    jobs = [(d, n, mode, settings) for d in sorted(DIFFICULTIES) for mode in modes for n in range(options.lanes)]
    with workers(options.jobs) as pool:
        rows = list(pool.map(lane, *zip(*jobs, strict=True), chunksize=2))
    totals: dict[tuple[str, str], Counter[str]] = {}
    for (difficulty, _, mode, _), row in zip(jobs, rows, strict=True):
        totals.setdefault((difficulty, mode), Counter()).update(row)
    for (difficulty, mode), total in totals.items():
        low, high = wilson(total["found"], total["targets"])
        print(
            f"{difficulty:8} {mode:4} found {total['found']}/{total['targets']} ({low:.3f}..{high:.3f}) "
            f"over {total['over']} past {total['past']} left {total['left']} tracks {total['tracks']} "
            f"looks {total['looks']} false {100 * total['false'] / total['area_dm2']:.3f}/m2 "
            f"{total['milliseconds'] / 1000 / options.lanes:.0f} s a lane, other stops {total['ended']}"
        )


if __name__ == "__main__":
    sys.exit(processes.command(main))
