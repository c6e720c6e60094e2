"""The gates' voltages that the bench plays, against what was asked for: at the rover's own converter, calibrated.

`python -m hil.prove.benchmarks.hil_voltages` calibrates a bench as `sapper bench check` does it, plays steps, ramps
and noise, and takes every conversion of the emulated rover. --uncalibrated, --late US: known bad benches.

A gate is converted every half millisecond and the instrument's converter changes as often, so what is converted is up
to a quarter of one late or early, by how the two stand to each other. The two crystals are as far apart as crystals
may be, so that they go through all of it; how late is told as the mean, and of each ramp beside it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.bench.check.calibrate import even
from hil.play.operator import Operator
from hil.prove.benchmarks import hil_calibrated
from hil.prove.benchmarks.hil_command import parser_of, show
from hil.prove.benchmarks.hil_world_clock import WorldClock, outside_of
from hil.prove.benchmarks.row import Row
from hil.rigs.bench.emulated import emulated_config, open_emulated
from hil.rigs.bench.rig import BenchRig
from hil.rigs.firmware import default_uf2, instrument_uf2
from hil.rigs.ports import Converted
from hil.rigs.rig import NS_PER_MS, NS_PER_S, TICK_NS
from hil.rigs.spread import CRYSTAL_PPM
from sapper.shared.pins import ADC_FULL_SCALE_MV
from sapper_host import processes

Floats = NDArray[np.float64]
_GATES = 3
_LSB_MV = ADC_FULL_SCALE_MV / 4096
_LIMIT_LSB, _LATE_MS = 2, 0.3
_SEED = 3
# Within what the instrument's converter gives whatever its offset: 20 mV of it, and 10 mV below its supply.
_LEAST_MV, _MOST_MV = 40.0, 3250.0
_STEPS, _STEP_NS = 64, 40 * NS_PER_MS
_STEP_SETTLES_NS = NS_PER_MS
_STEP_EARLY_NS = NS_PER_MS // 2
_RAMPS, _RAMP_NS = 9, NS_PER_S  # up and down again, each
_NOISE_MV, _NOISE_S = 5.0, 3
_PARTS = ("steps", "ramps", "noise")
_MARGIN_NS = 3 * NS_PER_MS  # at the turning points of a ramp


@dataclass(frozen=True)
class Asked:
    """What a gate was asked for: points, held or joined."""

    times_ns: NDArray[np.int64]
    values_mv: Floats
    linear: bool

    def at(self, times_ns: Floats) -> Floats:
        """At these times."""
        if self.linear:
            return np.asarray(np.interp(times_ns, self.times_ns, self.values_mv))
        place = np.maximum(self.times_ns.searchsorted(times_ns, "right") - 1, 0)
        return np.asarray(self.values_mv[place])


@dataclass(frozen=True)
class Heard:
    """Conversions of a gate: when they began (ns of the rig) and their codes; what was asked for."""

    gate: int
    asked: Asked
    times_ns: Floats
    codes: NDArray[np.int64]

    def off_lsb(self, keep: NDArray[np.bool_] | None = None, evened: bool = True) -> Floats:
        """How far each is from what was asked for."""
        took = slice(None) if keep is None else keep
        codes = self.codes[took]
        read = even(codes) if evened else codes + 0.5
        return np.asarray(read - self.asked.at(self.times_ns[took]) / _LSB_MV)


def steps(chance: np.random.Generator, start_ns: int) -> Asked:
    """Every part of the range, in any order, at moments of their own."""
    values = np.linspace(_LEAST_MV, _MOST_MV, _STEPS)
    chance.shuffle(values)
    times = start_ns + _STEP_NS * np.arange(_STEPS) + chance.integers(0, NS_PER_MS, _STEPS)
    return Asked(times.astype(np.int64), values, False)


def ramps(start_ns: int) -> Asked:
    """Up and down over the whole range."""
    times = start_ns + _RAMP_NS // 2 * np.arange(2 * _RAMPS + 1)
    values = np.where(np.arange(2 * _RAMPS + 1) % 2 == 0, _LEAST_MV, _MOST_MV)
    return Asked(times.astype(np.int64), values, True)


def noise(chance: np.random.Generator, start_ns: int, around_mv: float) -> Asked:
    """A point for each of the detector's frames, as recordings have it."""
    count = _NOISE_S * NS_PER_S // TICK_NS
    times = start_ns + TICK_NS * np.arange(count)
    return Asked(times.astype(np.int64), around_mv + chance.normal(0, _NOISE_MV, count), True)


def settled(heard: Heard) -> NDArray[np.bool_]:
    """Conversions with no step shortly before or, as one may come early, just behind them."""
    points = heard.asked.times_ns
    place = points.searchsorted(heard.times_ns, "right") - 1
    since_ns = heard.times_ns - points[np.maximum(place, 0)]
    until_ns = points[np.minimum(place + 1, len(points) - 1)] - heard.times_ns
    return np.asarray((place >= 0) & (since_ns > _STEP_SETTLES_NS) & ((until_ns > _STEP_EARLY_NS) | (until_ns <= 0)))


def lateness_ms(heard: Heard) -> list[float]:
    """Of each ramp up and down: what is behind on the way up is ahead on the way down, offset and bows are not."""
    times, off_mv = heard.times_ns, heard.off_lsb() * _LSB_MV
    late = []
    for up in range(_RAMPS):
        means = []
        for half in (0, 1):
            first, last = heard.asked.times_ns[2 * up + half : 2 * up + half + 2]
            means.append(float(np.mean(off_mv[(times > first + _MARGIN_NS) & (times < last - _MARGIN_NS)])))
        slope_mv_ms = (_MOST_MV - _LEAST_MV) / (_RAMP_NS / 2 / NS_PER_MS)
        late.append((means[1] - means[0]) / 2 / slope_mv_ms)
    return late


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


def open_calibrated(calibrated: bool = True) -> BenchRig:
    """An emulated bench, as it is after `sapper bench check`."""
    config = emulated_config()
    slow, fast = CRYSTAL_PPM
    config = config.calibrated(hil_calibrated.fits(_SEED) if calibrated else {})
    outside = open_emulated(default_uf2(), instrument_uf2(), config, _SEED, instrument_ppm=slow, crystal_ppm=fast)
    return BenchRig(outside, config)


def measure(rig: BenchRig, late_ns: int = 0) -> dict[str, list[Heard]]:
    """Steps, ramps and noise at all gates at once; the rig is closed. late_ns: all is played so much later."""
    with rig:
        rover = outside_of(rig).pair.rover
        operator = Operator(rig)
        operator.boot()
        clock = WorldClock(rig)
        rover.adc.record()
        chance = np.random.default_rng(_SEED)
        heard: dict[str, list[Heard]] = {}
        for name in _PARTS:
            from_ns, start_ns = rover.now_ns, rig.now_ns + 10 * NS_PER_MS
            asked = [_asked(name, gate, chance, start_ns) for gate in range(_GATES)]
            for gate, one in enumerate(asked):
                rig.adc.play(gate, one.times_ns + late_ns, one.values_mv, "linear" if one.linear else "hold")
            end_ns = max(int(one.times_ns[-1]) for one in asked)
            operator.run(end_ns - rig.now_ns + rig.lag_ns + 50 * NS_PER_MS)
            clock.look()
            taken = rover.adc.converted(from_ns)
            times = np.array([clock.rig_ns(0)]) + (clock.rig_ns(1e9) - clock.rig_ns(0)) / 1e9 * taken.times_ns
            inside = (times > start_ns + NS_PER_MS * 2) & (times < end_ns)
            heard[name] = [
                Heard(gate, one, times[inside & (taken.inputs == gate)], _codes(taken, inside, gate))
                for gate, one in enumerate(asked)
            ]
        return heard


def _asked(name: str, gate: int, chance: np.random.Generator, start_ns: int) -> Asked:
    if name == "steps":
        return steps(chance, start_ns)
    return ramps(start_ns) if name == "ramps" else noise(chance, start_ns, 800.0 * (gate + 1))


def _codes(taken: Converted, inside: NDArray[np.bool_], gate: int) -> NDArray[np.int64]:
    return taken.codes[inside & (taken.inputs == gate)].astype(np.int64)


def rows_of(heard: dict[str, list[Heard]]) -> list[Row]:
    """The figures: of the worst gate."""
    told, plain = [], []
    for gate in range(_GATES):
        still = heard["steps"][gate]
        rest = [heard["ramps"][gate], heard["noise"][gate]]
        told.append(_rms(np.concatenate([still.off_lsb(settled(still)), *(one.off_lsb() for one in rest)])))
        plain.append(
            _rms(np.concatenate([still.off_lsb(settled(still), False), *(one.off_lsb(evened=False) for one in rest)]))
        )
    parts = "; ".join(
        f"{name} " + ", ".join(f"{_rms(one.off_lsb(settled(one) if name == 'steps' else None)):.2f}" for one in gates)
        for name, gates in heard.items()
    )
    late = [lateness_ms(one) for one in heard["ramps"]]
    means = [float(np.mean(each)) for each in late]
    return [
        Row(
            "gate's voltage at the rover's converter against asked for, rms, worst gate",
            max(told),
            "LSB",
            f"<= {_LIMIT_LSB}",
            note=f"by gate: {parts}; with the converter's uneven steps left in {max(plain):.2f}",
        ),
        Row(
            "how late it is there, mean of a gate, worst",
            max(means, key=abs),
            "ms",
            f"<= {_LATE_MS}",
            note=f"ramps from {min(map(min, late)):.3f} to {max(map(max, late)):.3f}",
        ),
    ]


def rows(calibrated: bool = True, late_ns: int = 0) -> list[Row]:
    """As `make bench --only hil` tells them."""
    return rows_of(measure(open_calibrated(calibrated), late_ns))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--uncalibrated", action="store_true", help="a known bad bench")
    parser.add_argument("--late", type=int, default=0, metavar="US", help="another")
    options = parser.parse_args(arguments)
    return show(lambda: rows(not options.uncalibrated, options.late * 1000))


if __name__ == "__main__":
    sys.exit(processes.command(main))
