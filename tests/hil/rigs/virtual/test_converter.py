"""The emulated converter is as noisy and as uneven as the chip's, and repeats itself for a seed."""

from __future__ import annotations

import numpy as np
import pytest

from hil.rigs.spread import ADC_NOISE_LSB
from hil.rigs.virtual import VirtualPico
from tests.hil.rigs.converter import CODE_WIDTHS, check_noise, check_widths

pytestmark = pytest.mark.virtual
MV_PER_LSB = 3300 / 4096
SAMPLE_NS = 2000
# Free running at 500 kS/s on input 0, by DMA into a buffer: its address is printed, the rest is read from outside.
ACQUIRE = """
import array, uctypes
buf = None; gc.collect()
buf = array.array('H', bytearray(2 * {count}))
ADC = 0x4004c000
machine.ADC(26)
mem32[ADC] = 1
while not mem32[ADC + 8] & 0x100: mem32[ADC + 12]
mem32[ADC + 8] = 1 << 24 | 8 | 1 | 3 << 10
mem32[ADC + 0x10] = 0
dma = rp2.DMA()
dma.config(read=ADC + 12, write=buf, count={count},
           ctrl=dma.pack_ctrl(size=1, inc_read=False, treq_sel=36), trigger=True)
mem32[ADC] = 1 | 8
while dma.active(): pass
mem32[ADC] = 1
dma.close()
print(uctypes.addressof(buf))
"""


def acquired(repl, count: int, lsb_at) -> np.ndarray:
    """`count` codes at 500 kS/s; lsb_at(samples since they began) is the input."""
    pico = repl.pico
    # The input is played again and again from the same instant before it is known when the conversions begin.
    repl.execute("go = 0x20041ff0; mem32[go] = 0")
    repl.start(
        ACQUIRE.replace("mem32[ADC] = 1 | 8\n", "while not mem32[go]: pass\nmem32[ADC] = 1 | 8\n", 1).format(
            count=count
        )
    )
    pico.run(60_000_000)
    begins_ns = pico.now_ns
    pico.memory.write(0x20041FF0, b"\x01\0\0\0")
    samples = np.arange(0, count + 200, 8)
    pico.adc.play(0, begins_ns + samples * SAMPLE_NS, lsb_at(samples) * MV_PER_LSB, interpolate="linear")
    address = int(repl.finish(20_000))
    return np.frombuffer(pico.memory.read(address, 2 * count), dtype="<u2")


@pytest.mark.parametrize("code", sorted(CODE_WIDTHS))
def test_four_codes_are_nine_lsb_too_wide(repl, code: int) -> None:
    """Erratum RP2040-E11; a ramp of 64 LSB around the code."""
    each = 400
    check_widths(acquired(repl, 64 * each, lambda at: code - 32 + at / each), code, each)


def test_noise_is_that_of_boards_and_can_be_asked_for(repl) -> None:
    pico = repl.pico
    assert ADC_NOISE_LSB[0] <= pico.parts.adc_noise_lsb <= ADC_NOISE_LSB[1]
    pico.adc.set(0, 2048.5 * MV_PER_LSB)

    def held() -> np.ndarray:
        return acquired(repl, 20_000, lambda at: np.full(len(at), 2048.5))

    check_noise(held(), 2048, pico.parts.adc_noise_lsb)
    pico.adc.noise(5.0)
    try:
        check_noise(held(), 2048, 5.0)
    finally:
        pico.adc.noise(pico.parts.adc_noise_lsb)


def test_a_full_sine_has_the_effective_bits_of_the_data_sheet(repl) -> None:
    """8.7 by the datasheet (4.9), 8.9 measured: noise and uneven steps together."""
    count = 30_000
    turn = 2 * np.pi * 3.1 / count
    codes = acquired(repl, count, lambda at: 2048 + 2040 * np.sin(turn * at)).astype(float)
    basis = np.stack([np.sin(turn * np.arange(count)), np.cos(turn * np.arange(count)), np.ones(count)])
    fit, *_ = np.linalg.lstsq(basis.T, codes, rcond=None)
    sinad_db = 20 * np.log10(np.hypot(fit[0], fit[1]) / 2**0.5 / (codes - fit @ basis).std())
    assert 8.5 <= (sinad_db - 1.76) / 6.02 <= 9.1


def test_a_seed_gives_the_same_noise_again_and_another_seed_another(uf2) -> None:
    told = []
    for seed in (3, 3, 4):
        # Only the seed of the noise may differ: all else, when which conversion is made, is one board's.
        with VirtualPico(uf2, seed=seed, adc_noise_lsb=1.2, crystal_ppm=0, flash_wear=0) as pico:
            pico.usb.write(b"telemetry on\r")
            pico.run(900_000_000)
            told.append(b"".join(data for _, data in pico.usb.read()))
    assert told[0] == told[1] != told[2]


def test_what_is_kept_of_the_converter_is_what_it_gave_to_the_dma(repl) -> None:
    """With its input, at its time, and nothing of before it was asked for."""
    pico = repl.pico
    assert not len(pico.insight.conversions(0).codes)
    pico.insight.record_conversions()
    since_ns = pico.now_ns
    codes = acquired(repl, 500, lambda at: 600 + at)
    kept = pico.insight.conversions(since_ns)
    assert kept.codes[:500].tolist() == codes.tolist()
    assert not kept.inputs.any()
    assert np.all(np.diff(kept.times_ns) == SAMPLE_NS)
    middle_ns = kept.times_ns[250]
    assert pico.insight.conversions(middle_ns).times_ns[0] == middle_ns
