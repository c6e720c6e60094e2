"""Measures the rate of false alarms of contact and alert against their level, on clean ground, for false_alarms.py.

    python -m hil.prove.detector_lab.levels [--lanes N] [--jobs N]

Lanes of noise alone, white and slow as the kernels suppose, at 0.2 to 0.6 m/s. Objects would lower the rate: they
raise the noise estimate a little and hide the ground around them.
"""

import argparse
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.prove.detector_lab.kernels import SLOW
from hil.prove.detector_lab.lanes import Lane
from hil.prove.detector_lab.run import run
from hil.workers import workers
from sapper_host import processes

WHITE_MV = (21.5, 2.05, 1.81)
# mV/sqrt(Hz) at 0 Hz of each gate; corner and slope are the kernels'.
WANDER_MV = (33.0, 4.2, 3.7)
SPEEDS_M_S = (0.2, 0.3, 0.42, 0.6)
LENGTH_M = 20.0
SWATH_M = 0.5
LEVELS_X100 = (240, 260, 280, 300, 320, 340, 360, 380, 400, 430)


def wander(random: np.random.Generator, n: int) -> NDArray[np.floating[Any]]:
    """Slow noise of 1/sqrt(Hz) at 0 Hz with the kernels' spectrum, n frames of 10 ms."""
    _, corner, power = SLOW
    size = 1 << (n + 2000).bit_length()
    f = np.fft.rfftfreq(size, 0.01)
    spread = random.standard_normal((2, len(f))) * np.sqrt(100 * size / 4) / (1 + (f / corner) ** 2) ** (power / 2)
    return np.asarray(np.fft.irfft(spread[0] + 1j * spread[1], size)[:n])


def clean_lane(seed: int) -> Lane:
    """20 m of ground without anything in it."""
    random = np.random.default_rng(seed)
    speed = SPEEDS_M_S[seed % len(SPEEDS_M_S)]
    n = round(LENGTH_M / speed * 100)
    gates = 1650 + random.standard_normal((n, 3)) * WHITE_MV
    gates += np.stack([wander(random, n) * a for a in WANDER_MV], axis=1)
    truth = {"lane_length_m": LENGTH_M, "swath_m": SWATH_M, "targets": [], "hot_rocks": [], "difficulty": "clean"}
    return Lane(f"clean_{seed}", np.arange(n) * 0.01, gates, np.arange(n) * speed / 100, truth)


def count(seed: int) -> list[tuple[int, int, int]]:
    """Contacts, early and late alerts on one lane at each level."""
    lane = clean_lane(seed)
    results = [run(lane, {"det_level_x100": level, "det_alert_x100": level}) for level in LEVELS_X100]
    return [(len(r.contacts), len(r.alerts) - r.late, r.late) for r in results]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lanes", type=int, default=40, help="lanes of 20 m (40)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    arguments = parser.parse_args()
    with workers(arguments.jobs) as pool:
        counts = np.array(list(pool.map(count, range(arguments.lanes))))
    area = arguments.lanes * LENGTH_M * SWATH_M
    print(f"{arguments.lanes} lanes, {area:.0f} m2")
    print("| level | contacts / 100 m2 | early alerts / 100 m2 | late alerts / 100 m2 |\n|---|---|---|---|")
    for i, level in enumerate(LEVELS_X100):
        cells = " | ".join(f"{rate:.1f}" for rate in counts[:, i].sum(axis=0) / area * 100)
        print(f"| {level / 100:.2f} | {cells} |")


if __name__ == "__main__":
    sys.exit(processes.command(main))
