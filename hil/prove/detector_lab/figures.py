"""The figures of docs/detector.md.

    python -m hil.prove.detector_lab.figures [--out docs] [--lanes FOLDER] [--jobs N]

Without --lanes they are of the project's own development set (lanes.py), which needs no recordings.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from hil.prove.detector_lab import kernels
from hil.prove.detector_lab.compare import find_all, of_difficulty
from hil.prove.detector_lab.lanes import DIFFICULTIES, Lane, own_set, read_folder
from hil.prove.detector_lab.run import ALERT_LEVELS, CONTACT_LEVELS, level_of, run
from hil.prove.detector_lab.score import Pair, total
from hil.workers import workers
from sapper.detector.false_alarms import LATE_LEVELS
from sapper_host import processes
from sapper_host.files.place import check_folder

SOIL = (1.0, 0.882, 0.917)
ROC_POINTS = 150
BODY_TICKS = (-1000, -100, -10, 0, 10, 100, 1000)  # mV
BEND_TICKS = (-10, 0, 10, 100)
COLOURS = dict(zip(DIFFICULTIES, ("tab:blue", "tab:orange"), strict=True))


def kernels_figure(path: Path) -> None:
    """Full and early kernels at three speeds, over the footprint they look for."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.2), sharey=True)
    for axis, (name, ahead) in zip(axes, (("full", kernels.AHEAD_BINS), ("early", kernels.EARLY_BINS)), strict=True):
        x = np.arange(-kernels.BACK_BINS, ahead + 1) * kernels.BIN_M
        for speed in (kernels.SPEEDS_M_S[3], kernels.SPEEDS_M_S[6], kernels.SPEEDS_M_S[-1]):
            h, sigma = kernels.kernel(speed, kernels.BACK_BINS, ahead)
            axis.step(x, h, where="mid", label=f"{speed} m/s, sigma {sigma:.2f} mV")
        axis.fill_between(x, 0.5 * kernels.footprint(x), alpha=0.15, color="k", label="footprint / 2")
        axis.set(title=f"{name} kernel", xlabel="place from the object, m")
        axis.legend(fontsize=7)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("weight")
    _save(figure, path)


def bends_figure(path: Path, lanes: Sequence[Lane]) -> None:
    """Every target of the lanes in the plane of body and bend, with the band that hot rocks fill."""
    figure, axis = plt.subplots(figsize=(7, 4.2))
    by_name: dict[str, list[tuple[float, float]]] = {}
    k = SOIL[2] / SOIL[1]
    for lane in lanes:
        for target in lane.truth["targets"]:
            if "peak_mv" in target:
                _, e1, e2 = target["peak_mv"]
                by_name.setdefault(target["name"], []).append((e1 + k * e2, e2 - k * e1))
    for i, (name, points) in enumerate(sorted(by_name.items())):
        axis.plot(*np.array(points).T, marker="osv^DPX"[i % 7], markersize=4, linestyle="", label=name)
    body = np.linspace(-600, 600, 400)
    axis.fill_between(
        body, -0.025 * np.abs(body), 0.025 * np.abs(body), color="tab:red", alpha=0.3, label="rocks, +-5 %"
    )
    axis.set_xscale("symlog", linthresh=5)
    axis.set_yscale("symlog", linthresh=2)
    axis.set_xticks(BODY_TICKS, [f"{tick:g}" for tick in BODY_TICKS])
    axis.set_yticks(BEND_TICKS, [f"{tick:g}" for tick in BEND_TICKS])
    axis.set(xlabel="body, mV (what soil shares)", ylabel="bend, mV (what it cannot do)", title="targets at their peak")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=6, ncol=2)
    _save(figure, path)


def lane_figure(path: Path, lane: Lane) -> None:
    """One lane: gates and bend, and what the detector said."""
    said = run(lane)
    figure, axes = plt.subplots(2, 1, figsize=(11, 5), sharex=True)
    cells = (lane.s_m // 0.02).astype(int)
    cells -= cells.min()
    many = np.maximum(np.bincount(cells), 1)
    mean = np.stack([np.bincount(cells, lane.gates_mv[:, g]) / many for g in range(3)])
    full = np.flatnonzero(np.bincount(cells))
    mean = mean[:, full] - np.median(mean[:, full], axis=1)[:, None]
    place = lane.s_m.min() + (full + 0.5) * 0.02
    axes[0].plot(place, mean[1], lw=0.7, label="gate 1")
    axes[0].plot(place, mean[2], lw=0.7, label="gate 2")
    axes[0].set(ylabel="mV", ylim=(-150, 150), title=f"{lane.name}, {lane.truth['speed_m_s']} m/s")
    axes[1].plot(place, mean[2] - SOIL[2] / SOIL[1] * mean[1], "k", lw=0.7, label="bend")
    axes[1].set(ylabel="mV", ylim=(-10, 40), xlabel="along the lane, m")
    for target in lane.truth["targets"]:
        axes[1].axvline(target["s_m"], color="tab:green", lw=1)
        axes[0].text(
            target["s_m"] - 0.05,
            145,
            f"{target['name']} {target['distance_cm']} cm",
            rotation=90,
            fontsize=6,
            va="top",
            ha="right",
        )
    for i, rock in enumerate(lane.truth["hot_rocks"]):
        axes[0].axvline(rock["s_m"], color="tab:red", lw=1, ls=":", label="hot rock" if i == 0 else None)
    axes[1].plot([c.s_m for c in said.contacts], [35] * len(said.contacts), "v", color="tab:green", label="contacts")
    axes[1].plot([a.s_m for a in said.alerts], [30] * len(said.alerts), "|", color="tab:red", ms=12, label="alerts")
    for axis in axes:
        axis.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5))
        axis.grid(alpha=0.3)
        axis.set_xlim(0, lane.truth["lane_length_m"])
    _save(figure, path)


def roc_figure(path: Path, found: dict[str, list[Pair]]) -> None:
    """Detection against false alarms, ours and the baselines."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True)
    for axis, difficulty in zip(axes, ("nominal", "hard"), strict=True):
        for name, pairs in found.items():
            chosen = of_difficulty(pairs, difficulty)
            if not chosen:
                continue
            levels = np.quantile([f.statistic for _, finds in chosen for f in finds], np.linspace(0, 1, ROC_POINTS))
            scores = [total(chosen, level) for level in levels]
            ours = name == "firmware"
            axis.plot(
                [s.false_per_m2 for s in scores], [s.detection for s in scores], lw=2.5 if ours else 1, label=name
            )
            if ours:
                for far in (3, 10, 30):
                    s = total(chosen, level_of(far, CONTACT_LEVELS) / 100)
                    axis.plot(s.false_per_m2, s.detection, "ko", ms=4)
                    axis.annotate(str(far), (s.false_per_m2, s.detection), fontsize=7)
        axis.set(title=difficulty, xlabel="false alarms a square metre", xscale="symlog", xlim=(0, 1))
        axis.set_xscale("symlog", linthresh=0.01)
        axis.grid(alpha=0.3)
    axes[0].set(ylabel="probability of detection", ylim=(0, 1.02))
    axes[1].legend(fontsize=7, loc="lower right")
    _save(figure, path)


def alerts_figure(path: Path, lanes: Sequence[Lane], jobs: int) -> None:
    """Where the coil is when the alert rises, from the object."""
    with workers(jobs) as pool:
        results = list(pool.map(run, lanes, chunksize=4))
    figure, axis = plt.subplots(figsize=(7, 3))
    for difficulty, colour in COLOURS.items():
        past = [
            min((a.s_m - t["s_m"] for a in r.alerts if abs(a.s_m - t["s_m"]) <= 0.5), key=abs)
            for lane, r in zip(lanes, results, strict=True)
            if lane.truth["difficulty"] == difficulty
            for t in lane.truth["targets"]
            if any(abs(a.s_m - t["s_m"]) <= 0.5 for a in r.alerts)
        ]
        axis.hist(
            past,
            bins=np.arange(-0.31, 0.31, 0.02).tolist(),
            alpha=0.6,
            color=colour,
            label=f"{difficulty}, {len(past)}",
        )
    axis.axvline(0.1, color="k", ls=":", label="limit for duty 0")
    axis.set(xlabel="coil past the object when the alert rises, m", ylabel="targets")
    axis.legend(fontsize=7)
    _save(figure, path)


def levels_figure(path: Path) -> None:
    """False alarms on clean ground against the level."""
    figure, axis = plt.subplots(figsize=(6, 3))
    for name, table in (("contacts", CONTACT_LEVELS), ("early alerts", ALERT_LEVELS), ("late alerts", LATE_LEVELS)):
        rate, level = np.array(table).T
        axis.semilogy(level / 100, rate, "o-", label=name)
    axis.set(xlabel="level, sigma", ylabel="false alarms / 100 m2")
    axis.grid(alpha=0.3)
    axis.legend()
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(f"wrote {path}")


def make(out: Path, lanes: Sequence[Lane], jobs: int) -> None:
    """All figures into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    kernels_figure(out / "detector-kernels.png")
    levels_figure(out / "detector-levels.png")
    bends_figure(out / "detector-bends.png", lanes)
    shown = max(lanes, key=lambda lane: len(lane.truth["targets"]) + len(lane.truth["hot_rocks"]))
    lane_figure(out / "detector-lane.png", shown)
    alerts_figure(out / "detector-alerts.png", lanes, jobs)
    with workers(jobs) as pool:
        roc_figure(out / "detector-roc.png", find_all(lanes, pool))


def main() -> None:
    """Make the figures from a folder of lanes, or from lanes of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("build/detector"), help="folder for the figures")
    parser.add_argument("--lanes", type=Path, help="folder of NAME.csv with NAME.truth.json")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    arguments = parser.parse_args()
    check_folder(arguments.out)
    if arguments.lanes:
        lanes = read_folder(arguments.lanes)
    else:
        with workers(arguments.jobs) as pool:
            lanes = own_set(pool)
    make(arguments.out, lanes, arguments.jobs)


if __name__ == "__main__":
    sys.exit(processes.command(main))
