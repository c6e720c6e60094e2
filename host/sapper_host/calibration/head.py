"""The head in air: what each gate's level, noise, wander and tones say of coil and front end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sapper_host.calibration.finding import Finding
from sapper_host.calibration.frames import FRAME_S, FULL_SCALE_MV, Floats, Frames, means

# Of the front end that the kernels were made for, gate by gate: noise of a frame, and rms of the slow wander.
NOISE_MV = (22.0, 2.1, 1.85)
WANDER_MV = (17.0, 1.7, 1.7)

LEAST_FRAMES = 400
_NOISY, _QUIET = 3.0, 0.3  # times the nominal noise: other days of one head were within 0.5 and 2.5
_WANDERING = 5.0
_DEAD = 0.2  # less than that the converter's own noise makes
_REPEATS = 0.5  # of all frames: a gate with noise repeats hardly ever
_ROOM_MV = 150.0  # that air leaves to a rail, least: strong soil takes that much
_RAIL_MV = 25.0
_TONE_TIMES = 40.0  # a line's power over the median's: by chance once in 10^12 bins
_TONE_NOTE, _TONE_UNFIT = 1.0, 6.0  # amplitude of a tone, times the gate's nominal noise
_WHITE_HZ = 5.0  # above it the wander has ended
_SLOW_FRAMES = 50
_CHECK = "check the coil's plug, its cable and the front end's supply"


@dataclass(frozen=True)
class Head:
    """In mV, gate by gate; tone_hz is 0 where there is none."""

    level_mv: tuple[float, float, float]
    noise_mv: tuple[float, float, float]
    wander_mv: tuple[float, float, float]
    tone_hz: float
    tone_mv: tuple[float, float, float]
    findings: tuple[Finding, ...]

    @property
    def fit(self) -> bool:
        """Whether it can be used."""
        return not any(each.unfit for each in self.findings)


def judge(frames: Frames) -> Head:
    """The head by some seconds of a coil in air, LEAST_FRAMES at least (ValueError)."""
    if len(frames) < LEAST_FRAMES:
        raise ValueError(f"{len(frames)} frames are too few")
    gates = frames.gates_mv
    level = np.median(gates, axis=0)
    noise = _white_mv(gates)
    slow = means(gates, _SLOW_FRAMES)
    wander = np.sqrt(np.maximum(slow.var(axis=0, ddof=1) - noise**2 / _SLOW_FRAMES, 0))
    tone_hz, tone_mv = _tone(gates, noise)
    findings: list[Finding] = []
    for gate in range(3):
        findings += _of_gate(gate, gates[:, gate], float(level[gate]), float(noise[gate]), float(wander[gate]))
    findings += _of_tone(tone_hz, tone_mv)
    return Head(_three(level), _three(noise), _three(wander), tone_hz, _three(tone_mv), tuple(findings))


def _three(values: Floats) -> tuple[float, float, float]:
    a, b, c = (round(float(value), 3) for value in values)
    return a, b, c


def _spectrum(gates: Floats) -> tuple[Floats, Floats]:
    """Frequencies (m,) and power (m, 3) as variance a bin of white noise, under a Hann window."""
    window = np.hanning(len(gates))
    line = np.arange(len(gates))[:, None] / len(gates)
    slope = ((gates - gates.mean(axis=0)) * (line - 0.5)).sum(axis=0) / ((line - 0.5) ** 2).sum()
    flat = gates - gates.mean(axis=0) - slope * (line - 0.5)
    power = np.abs(np.fft.rfft(flat * window[:, None], axis=0)) ** 2 / (window**2).sum()
    return np.asarray(np.fft.rfftfreq(len(gates), FRAME_S), dtype=np.float64), np.asarray(power)


def _white_mv(gates: Floats) -> Floats:
    """Noise of a frame that no tone and no wander has part in: of white noise a bin's median power is ln 2 of its
    variance."""
    hz, power = _spectrum(gates)
    return np.asarray(np.sqrt(np.median(power[hz > _WHITE_HZ], axis=0) / np.log(2)))


def _tone(gates: Floats, noise: Floats) -> tuple[float, Floats]:
    """The strongest line: its frequency, as frames see it, and its amplitude in each gate; (0, zeros) without one."""
    hz, power = _spectrum(gates)
    above = (hz > 1.0) & (hz < hz[-1])
    times = (power / np.maximum(noise, 0.01) ** 2)[above].max(axis=1)
    at = int(np.flatnonzero(above)[int(times.argmax())])
    if times.max() < _TONE_TIMES:
        return 0.0, np.zeros(3)
    window = np.hanning(len(gates))
    amplitude = 2 * np.sqrt(power[at] * (window**2).sum()) / window.sum()
    return round(float(hz[at]), 2), np.asarray(amplitude)


def _of_gate(gate: int, values: Floats, level: float, noise: float, wander: float) -> list[Finding]:
    name = f"gate {gate}"
    railed = np.mean((values < _RAIL_MV) | (values > FULL_SCALE_MV - _RAIL_MV))
    if railed > 0.01:
        what = f"{name} is at the end of its range in {100 * railed:.0f} % of the frames, coil in air"
        return [Finding("saturated", what, "move away from all metal; check the front end's offset and its plug")]
    if noise < _DEAD * NOISE_MV[gate] or np.mean(np.diff(values) == 0) > _REPEATS:
        return [Finding("dead_gate", f"{name} is dead: it gives the same value again and again", _dead_remedy(gate))]
    found = []
    if not _ROOM_MV < level < FULL_SCALE_MV - _ROOM_MV:
        what = f"{name} rests at {level:.0f} mV in air, within {_ROOM_MV:.0f} mV of the end of its range"
        found.append(Finding("no_room", what, "set the front end's offset, so that every gate rests near 1650 mV"))
    if noise > _NOISY * NOISE_MV[gate]:
        what = f"{name} has {noise:.1f} mV of noise, {noise / NOISE_MV[gate]:.1f} times the usual {NOISE_MV[gate]} mV"
        found.append(Finding("noisy", what, "look for radios, motors and power lines; check the coil's screen"))
    if noise < _QUIET * NOISE_MV[gate]:
        what = f"{name} has {noise:.2f} mV of noise, far less than the usual {NOISE_MV[gate]} mV: is the coil driven?"
        found.append(Finding("too_quiet", what, _CHECK))
    if wander > _WANDERING * WANDER_MV[gate]:
        what = f"{name} wanders by {wander:.1f} mV, {wander / WANDER_MV[gate]:.0f} times as much as usual"
        found.append(Finding("wanders", what, "let it warm up, hold the coil still, then again; else check its cable"))
    return found


def _dead_remedy(gate: int) -> str:
    return f"check gate {gate}'s sampler and its strobe"


def _of_tone(hz: float, amplitude_mv: Floats) -> list[Finding]:
    times = float((amplitude_mv / np.array(NOISE_MV)).max())
    if times < _TONE_NOTE:
        return []
    gate = int((amplitude_mv / np.array(NOISE_MV)).argmax())
    what = f"a tone of {hz:.1f} Hz (as frames see it), {amplitude_mv[gate]:.1f} mV in gate {gate}"
    unfit = times > _TONE_UNFIT
    return [Finding("tone", what, "go further from mains and power lines; check the coil's screen", unfit)]
