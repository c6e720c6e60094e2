"""The simulated converter is as noisy and as uneven as the chip's, and repeats itself for a seed."""

import subprocess

import numpy as np
import pytest

from hil.rigs.sil import process
from tests.hil.rigs.converter import CODE_WIDTHS, check_noise, check_widths

pytestmark = pytest.mark.sil

# A ramp of `points` steps of 1/256 LSB from `first` on, `each` samples long, on every input: the codes of all samples.
SCRIPT = """
import sys
sys.path[:] = [sys.argv[1]]
import array, uctypes, converter
first, points, each, seed = [int(word) for word in sys.argv[2:6]]
lsb = float(sys.argv[6])
waves = array.array("I")
for _ in range(5):
    for i in range(points):
        waves.append(i * each)
        waves.append(first + i)
count = points * each
ring = array.array("H", bytes(2 * count))
converter.take_waves(uctypes.addressof(waves), [points] * 5)
converter.set_noise(lsb, seed)
converter.fill(ring, 0, count - 1, 0, count, 0, 1, converter._address, converter._table, converter._noise)
sys.stdout.buffer.write(ring)
"""


def codes(first_lsb: float, points: int, each: int, lsb: float, seed: int = 3) -> np.ndarray:
    """`points * each`, a power of two of them, while the input rises by 1/256 LSB after every `each`."""
    numbers = map(str, (round(first_lsb * 256), points, each, seed, lsb))
    command = [str(process.default_micropython()), "-X", "heapsize=16M", "-c", SCRIPT, str(process.MODULES), *numbers]
    out = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(out, dtype="<u2")


@pytest.mark.parametrize("code", sorted(CODE_WIDTHS))
def test_four_codes_are_nine_lsb_too_wide(code: int) -> None:
    """Erratum RP2040-E11; a ramp of 64 LSB around the code, 4 samples to each 1/256 LSB."""
    check_widths(codes(code - 32, 64 * 256, 4, 1.1), code, 4 * 256)


def test_noise_is_as_asked_for_and_repeats_for_a_seed() -> None:
    held = codes(2048.5, 1, 1 << 15, 1.2)
    check_noise(held, 2048, 1.2)
    assert np.array_equal(held, codes(2048.5, 1, 1 << 15, 1.2))
    assert not np.array_equal(held, codes(2048.5, 1, 1 << 15, 1.2, seed=4))
    assert set(codes(2048.5, 1, 1 << 10, 0.0)) == {2048}


def test_both_ends_stay_within_twelve_bits() -> None:
    assert codes(0, 1, 1 << 12, 1.2).max() < 8
    assert codes(4095.9, 1, 1 << 12, 1.2).min() > 4085
