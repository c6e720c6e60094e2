"""The converter of four voltages on the instrument's bus: its commands bit by bit, its outputs' errors (DS22187E)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hil.rigs.virtual import link

pytestmark = pytest.mark.virtual
MS = 1_000_000
US = 1000
ADDRESS = 0x60
SUPPLY_MV = 3300
OPEN = f"""
from machine import I2C
i = I2C(0, sda=Pin(20), scl=Pin(21), freq=400_000)
def send(*data, to={ADDRESS}): i.writeto(to, bytes(data))
def channels(): print(*i.readfrom({ADDRESS}, 24))
def word(internal, down, double, code): return internal << 15 | down << 13 | double << 12 | code
def multi(*items): send(*[b for n, udac, w in items for b in (0x40 | n << 1 | udac, w >> 8, w & 255)])
def fast(*codes): send(*[b for c in codes for b in (c >> 8, c & 255)])
"""
GENERAL_CALL = "SoftI2C(sda=Pin(20), scl=Pin(21), freq=100_000).writeto(0, bytes([{}])); i = I2C(0, freq=400_000)"
# What an output may be off by: offset, gain, the bow, half a step (section 1.0; VDD as reference).
OFF_MV = 20 + SUPPLY_MV * (0.0125 + 7 / 4096)

Dac = Callable[..., list[tuple[float, int, float]]]


@pytest.fixture
def dac(repl) -> Iterator[Dac]:
    """Runs a snippet with a converter (seed, options) on the bus; gives the steps that came of it, (ns, output, mV)."""
    made = False

    def run(code: str = "", seed: int = 3, options: dict[str, Any] | None = None, show: bool = False) -> Any:
        nonlocal made
        if not made:
            made = True
            bus = repl.pico.call("i2c", "bus", 20, 21)
            repl.pico.call("i2c", "mcp4728", bus, ADDRESS, seed, options or {})
            repl.execute("from machine import SoftI2C\n" + OPEN)
            repl.pico.call("i2c", "taken")  # what it shows as it gets its supply
        out = repl.execute(code)
        steps = [tuple(step) for step in repl.pico.call("i2c", "taken")]
        return [int(word) for word in out.split()] if show else steps

    yield run
    repl.pico.call("i2c", "clear")


def shown(steps: list[tuple[float, int, float]]) -> dict[int, float]:
    return {output: mv for _, output, mv in steps}


def registers(numbers: list[int]) -> list[list[tuple[int, int, int, int, int]]]:
    """Of each channel the input register and the EEPROM: head, internal, down, double, code."""
    three = [numbers[at : at + 3] for at in range(0, 24, 3)]
    read = [(head, a >> 7, a >> 5 & 3, a >> 4 & 1, (a & 15) << 8 | b) for head, a, b in three]
    return [read[at : at + 2] for at in range(0, 8, 2)]


def test_it_starts_as_it_leaves_the_factory(dac: Dac):
    """Internal reference, gain 1: who writes fast without setting them gets 2.048 V at most."""
    assert registers(dac("channels()", show=True)) == [[(0xC0 | n << 4, 1, 0, 0, 0)] * 2 for n in range(4)]
    steps = dac("fast(4095, 4095, 4095, 4095)")
    assert all(2048 * 0.98 - OFF_MV < mv < 2048 * 1.02 + OFF_MV for mv in shown(steps).values())


def test_a_fast_write_shows_each_output_as_its_last_byte_is_acknowledged(repl, dac: Dac):
    """At the fall of SCL behind the acknowledge, 45 us apart; reference and gain stay."""
    dac("send(0x80)")
    scl = repl.pico.pin(21)
    scl.watch()
    steps = dac("fast(1000, 2000, 3000, 4000)")
    falls = [t for t, level in scl.edges() if level == 0]
    # the first ends the START, then nine of each byte: its last is the acknowledge's
    byte_ends = [falls[9 * n] for n in range(1, 10)]
    assert [output for _, output, _ in steps] == [0, 1, 2, 3]
    assert [round(t) for t, _, _ in steps] == byte_ends[2::2][:4]
    for (_, _, mv), code in zip(steps, (1000, 2000, 3000, 4000), strict=True):
        assert abs(mv - code * SUPPLY_MV / 4096) < OFF_MV


def test_what_does_not_change_makes_no_step(dac: Dac):
    dac("send(0x80); fast(1000, 2000, 3000, 4000)")
    assert [output for _, output, _ in dac("fast(1000, 2001, 3000, 4000)")] == [1]
    assert [output for _, output, _ in dac("fast(1001)")] == [0]


def test_a_multi_write_takes_channels_in_any_order_with_all_their_bits(dac: Dac):
    steps = dac("multi((3, 0, word(0, 0, 0, 2048)), (1, 0, word(1, 0, 1, 1024)))")
    assert [output for _, output, _ in steps] == [3, 1]
    assert shown(steps)[3] == pytest.approx(SUPPLY_MV / 2, abs=OFF_MV)
    assert shown(steps)[1] == pytest.approx(1024, abs=OFF_MV + 21)
    read = registers(dac("channels()", show=True))
    assert read[3][0][1:] == (0, 0, 0, 2048) and read[1][0][1:] == (1, 0, 1, 1024)
    assert [channel[1][1:] for channel in read] == [(1, 0, 0, 0)] * 4


def test_udac_holds_an_output_back_until_a_software_update_if_ldac_is_high(dac: Dac):
    assert dac("multi((0, 1, word(0, 0, 0, 3000)), (2, 1, word(0, 0, 0, 1500)))", options={"ldac": 1}) == []
    steps = dac(GENERAL_CALL.format(8))
    assert [output for _, output, _ in steps] == [0, 2]
    assert dac("fast(100)") == []


def test_with_ldac_low_udac_holds_nothing_back(dac: Dac):
    assert [output for _, output, _ in dac("multi((0, 1, word(0, 0, 0, 3000)))")] == [0]


def test_a_single_write_is_what_it_starts_with_after_a_reset(dac: Dac):
    """The EEPROM takes 25 to 50 ms, RDY is low, and commands meanwhile do nothing."""
    steps = dac("send(0x58 | 2 << 1, 0x07, 0xd0); channels()")
    assert [output for _, output, _ in steps] == [2]
    busy = registers(dac("channels()", show=True))
    assert [channel[0][0] >> 7 for channel in busy] == [0] * 4
    assert dac("fast(4000, 4000, 4000, 4000)") == []
    ready = registers(dac("time.sleep_ms(50); channels()", show=True))
    assert ready[2] == [(0xC0 | 2 << 4, 0, 0, 0, 2000)] * 2
    dac("fast(4000, 4000, 4000, 4000)")
    steps = dac(GENERAL_CALL.format(6))
    assert sorted(shown(steps)) == [0, 1, 2, 3]
    assert shown(steps)[2] == pytest.approx(2000 * SUPPLY_MV / 4096, abs=OFF_MV)
    assert registers(dac("channels()", show=True))[0][0][1:] == (1, 0, 0, 0)


def test_a_sequential_write_goes_from_its_first_channel_to_the_last(dac: Dac):
    steps = dac("send(0x50 | 1 << 1, 0x01, 0, 0x02, 0, 0x03, 0)")
    assert [output for _, output, _ in steps] == [1, 2, 3]
    read = registers(dac("time.sleep_ms(50); channels()", show=True))
    assert [channel[1][4] for channel in read] == [0, 0x100, 0x200, 0x300]


def test_power_down_reference_and_gain_have_commands_of_their_own(dac: Dac):
    dac("fast(2048, 2048, 2048, 2048)")
    low = shown(dac("send(0xa0 | 1 << 3 | 2 << 1 >> 0, 0)"))  # A by 100 kilohm; B on
    assert low[0] == 0.0
    assert shown(dac(GENERAL_CALL.format(9)))[0] == pytest.approx(1024, abs=OFF_MV + 21)
    doubled = shown(dac("send(0xc0 | 0b0100)"))
    assert list(doubled) == [1] and doubled[1] == pytest.approx(2048, abs=OFF_MV + 42)
    supply = shown(dac("send(0x80 | 0b1110)"))
    assert list(supply) == [3] and supply[3] == pytest.approx(SUPPLY_MV / 2, abs=OFF_MV)


@pytest.mark.parametrize("seed", range(4))
def test_each_part_is_off_by_its_own_within_the_data_sheet(dac: Dac, seed: int):
    """A straight line through the outputs has an offset within 20 mV and a gain within 1.25 %; they lie within 6.4 LSB
    of it and rise from code to code."""
    dac("send(0x80)", seed=seed)
    codes = list(range(256, 4000, 234))
    steps = dac(f"for c in {codes}: fast(c, c, c, c)")
    for output in range(4):
        levels = [mv for _, each, mv in steps if each == output]
        ideal = [code * SUPPLY_MV / 4096 for code in codes]
        mean, mean_ideal = sum(levels) / len(levels), sum(ideal) / len(ideal)
        top = sum((a - mean) * (b - mean_ideal) for a, b in zip(levels, ideal, strict=True))
        gain = top / sum((b - mean_ideal) ** 2 for b in ideal)
        offset = mean - gain * mean_ideal
        assert abs(gain - 1) < 0.0125 + 12 / 4096 and abs(offset) < 20 + 12 * SUPPLY_MV / 4096
        bends = [(a - offset - gain * b) * 4096 / SUPPLY_MV for a, b in zip(levels, ideal, strict=True)]
        assert 0.05 < max(map(abs, bends)) < 6.4
        assert levels == sorted(levels)


def test_no_two_outputs_are_alike_and_the_same_seed_makes_the_same_part(repl, dac: Dac):
    first = shown(dac("send(0x80); fast(2000, 2000, 2000, 2000)"))
    assert len(set(first.values())) == 4
    bus = repl.pico.call("i2c", "bus", 20, 21)
    repl.pico.call("i2c", "mcp4728", bus, ADDRESS, 3, {})
    repl.pico.call("i2c", "taken")
    assert shown(dac("send(0x80); fast(2000, 2000, 2000, 2000)")) == first


def test_outputs_do_not_reach_the_rails(dac: Dac):
    steps = dac("send(0x80); fast(0, 4095); fast(1, 4094)")
    assert min(mv for _, _, mv in steps) >= 0 and max(mv for _, _, mv in steps) <= SUPPLY_MV - 10


# The part alone, byte by byte: what it shows and reads back after each of these transfers.
ALONE = """
const [folder] = process.argv.slice(1);
const { Mcp4728 } = await import(`${folder}/outside/mcp4728.mjs`);
const { Random } = await import(`${folder}/outside/random.mjs`);
let now = 0;
const said = [];
const part = (ldac) => new Mcp4728(new Random(1), (...step) => said.push(step), { ldac, nanos: now });
const send = (dac, bytes, general = false) => {
  dac.begin(false, general, now);
  bytes.forEach((byte) => dac.write(byte, (now += 24000)));
  dac.end();
};
const read = (dac) => {
  dac.begin(true, false, now);
  said.push(Array.from({ length: 24 }, () => dac.read()));
  dac.end();
};
for (const ldac of [0, 1]) {
  const dac = part(ldac);
  const transfers = [
    [0x80], [0x03, 0xe8, 0x17, 0xd0], [0x41, 0x0a, 0xbc, 0x44, 0x9d, 0xef], [0xc5], [0xa4, 0x10], [0x5a, 0x01, 0x02],
    [0x00, 0x11], [0x54, 0x02, 0x22, 0x03, 0x33],
  ];
  for (const bytes of transfers) {
    send(dac, bytes);
    read(dac);
    now += bytes[0] >> 4 === 5 ? 1e6 : 60e6;
  }
  now += 60e6;
  for (const call of [9, 8, 6]) {
    send(dac, [call], true);
    read(dac);
  }
}
console.log(JSON.stringify(said));
"""
MODEL = "outside/mcp4728.mjs"
WRONG = {
    "fast writes turn the reference back": (
        "Object.assign(this.input[channel], {",
        "Object.assign(this.input[channel], { internal: 1,",
    ),
    "a busy EEPROM stops nothing": ("if (nanos < this.busyUntil) {", "if (false) {"),
    "RDY is always high": ("nanos < this.busyUntil ? 0 : RDY", "RDY"),
    "UDAC holds nothing back": ("this.ldac === 0 || !this.holdsBack", "true"),
    "fast writes show whatever LDAC is": (
        "this.updated([channel], this.ldac === 0, nanos);",
        "this.updated([channel], true, nanos);",
    ),
    "the EEPROM is not written": ("(this.eeprom[channel] = { ...this.input[channel] })", "(0)"),
    "a reset keeps what is shown": ("    this.show(nanos);\n  }\n\n  // The bus", "  }\n\n  // The bus"),
    "a wake-up does nothing": ("(channel.down = 0)", "(0)"),
    "gain has no effect": ("referenceMv * (1 + double)", "referenceMv"),
    "power-down has no effect": ("if (down !== 0) {", "if (false) {"),
    "the software update does nothing": ("this.updated([0, 1, 2, 3], true, nanos);", ""),
    "all outputs are alike": ("+ this.offsetMv;", ";"),
}


def alone(sources: Path) -> str:
    command = [link.ready_node(), "--input-type=module", "--eval", ALONE, str(sources)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.stdout


@pytest.mark.parametrize("wrong", WRONG)
def test_a_part_that_is_wrong_in_one_line_is_told(wrong: str, tmp_path: Path):
    right = Path(link.__file__).parent / "node"
    sources = shutil.copytree(right, tmp_path / "node")
    text, other = WRONG[wrong]
    before = (sources / MODEL).read_text()
    assert before.count(text) == 1
    (sources / MODEL).write_text(before.replace(text, other))
    assert alone(right) == alone(right) != ""
    assert alone(sources) not in ("", alone(right))
