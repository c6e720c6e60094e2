"""Emulated time is exact to the cycle; pins have pulls, read back, latch edges, and let go on reset."""

from __future__ import annotations

import pytest

from hil.errors import HilError
from hil.rigs.spread import CRYSTAL_PPM, FIRST_START_MS, FRESH, ROSC_HZ, WORN, spread
from hil.rigs.virtual import VirtualPico

pytestmark = pytest.mark.virtual
MS = 1_000_000

# Writes SIO's GPIO_OUT_XOR (0xd000001c) for GPIO 2: a store is 1 cycle, a nop 1, a subs 1, a taken branch 2.
TOGGLE = """
@micropython.asm_thumb
def toggle(r0):
    mov(r1, 0xd0)
    lsl(r1, r1, 24)
    mov(r2, 4)
    str(r2, [r1, 0x1c])
    nop()
    nop()
    nop()
    str(r2, [r1, 0x1c])
    label(LOOP)
    str(r2, [r1, 0x1c])
    sub(r0, 1)
    bne(LOOP)
    str(r2, [r1, 0x1c])
pin = Pin(2, Pin.OUT, value=0)
irq = machine.disable_irq()
toggle(3)
machine.enable_irq(irq)
"""
NS_PER_CYCLE = 8


def test_instructions_take_their_cycles_on_the_8_ns_grid(repl):
    pin = repl.pico.pin(2)
    repl.execute("Pin(2, Pin.OUT, value=0)")
    pin.watch()
    repl.execute(TOGGLE)
    times = [t for t, _ in pin.edges()]
    gaps = [round((b - a) / NS_PER_CYCLE) for a, b in zip(times, times[1:], strict=False)]
    # store+3 nops; store; store+subs+taken branch, twice; store+subs+branch not taken
    assert gaps == [4, 1, 4, 4, 3]
    assert all((b - a) % NS_PER_CYCLE == 0 for a, b in zip(times, times[1:], strict=False))


# Loads from and stores to one register of each kind, between stores to SIO; the register's address is in r3.
ACCESS = """
@micropython.asm_thumb
def touch(r0):
    mov(r3, r0)
    mov(r1, 0xd0)
    lsl(r1, r1, 24)
    mov(r2, 4)
    str(r2, [r1, 0x1c])
    str(r2, [r1, 0x1c])
    ldr(r4, [r3, 0])
    str(r2, [r1, 0x1c])
    str(r4, [r3, 0])
    str(r2, [r1, 0x1c])
pin = Pin(2, Pin.OUT, value=0)
masked = machine.disable_irq()
touch(0xd0000080)
touch({address})
machine.enable_irq(masked)
"""


@pytest.mark.parametrize(
    ("address", "reads", "writes"),
    (
        ("0xd0000080", 1, 1),  # an accumulator of the interpolator, in SIO: the single-cycle port
        ("addressof(word)", 2, 2),  # RAM: AHB, the address and the data
        ("0x50000420", 2, 2),  # DMA's TIMER0: AHB
        ("0x4004c010", 4, 5),  # ADC's DIV: APB
    ),
)
def test_registers_on_the_apb_take_their_time(repl, address, reads, writes):
    """Datasheet 2.1.4: where AHB takes a cycle after the address, the bridge to APB takes 3 to read and 4 to write."""
    pin = repl.pico.pin(2)
    repl.execute("from uctypes import addressof; word = bytearray(4); Pin(2, Pin.OUT, value=0)")
    pin.watch()
    repl.execute(ACCESS.format(address=address))
    times = [t for t, _ in pin.edges()][-4:]
    gaps = [round((b - a) / NS_PER_CYCLE) for a, b in zip(times, times[1:], strict=False)]
    assert gaps == [1, 1 + reads, 1 + writes]


def test_sleep_lasts_as_long_as_it_says(repl):
    pin = repl.pico.pin(3)
    repl.execute("p = Pin(3, Pin.OUT, value=0)")
    pin.watch()
    repl.execute("p(1); time.sleep_us(12345); p(0)")
    (rise, _), (fall, _) = pin.edges()
    assert 12_345_000 <= fall - rise <= 12_345_000 + 60_000


def test_slicing_a_run_changes_nothing(uf2):
    """60 ms from power-on, as a whole and in slices of 7 us: the same registers, the same RAM."""
    states = []
    for slice_ns in (60 * MS, 7_000):
        with VirtualPico(uf2, seed=3) as pico:
            while pico.now_ns < 60 * MS:
                pico.run_until(min(60 * MS, pico.now_ns + slice_ns))
            states.append((pico.now_ns, pico.cpu.registers, pico.memory.read(0x20000000, 264 * 1024)))
    assert states[0] == states[1]


def test_the_same_inputs_give_the_same_run_to_the_cycle(uf2):
    """The application's start, twice, whatever code was translated when."""
    runs = []
    for _ in range(2):
        with VirtualPico(uf2, seed=4) as pico:
            pico.adc.noise(2.0)
            pico.pin(17).drive_edges([100 * MS, 300 * MS], [1, 0])
            events = pico.run(FIRST_START_MS * MS)
            runs.append((events, pico.cpu.busy_ns, pico.cpu.registers, pico.memory.read(0x20000000, 264 * 1024)))
    assert len(runs[0][0]) > 10
    assert runs[0] == runs[1]


def test_pulls_decide_an_undriven_input(repl):
    assert repl.execute("print(Pin(4, Pin.IN, Pin.PULL_UP)(), Pin(5, Pin.IN, Pin.PULL_DOWN)())").split() == ["1", "0"]
    repl.pico.pin(4).drive(0)
    repl.pico.pin(5).drive(1)
    assert repl.execute("print(Pin(4)(), Pin(5)())").split() == ["0", "1"]
    repl.pico.pin(4).release()
    assert repl.execute("print(Pin(4)())").strip() == "1"


def test_an_output_reads_back_through_its_own_input(repl):
    repl.pico.pin(6).drive(0)  # the output is stronger
    assert repl.execute(
        "p = Pin(6, Pin.OUT, value=1)\nprint(mem32[0xd0000004] >> 6 & 1)\np(0)\nprint(p())"
    ).split() == ["1", "0"]
    assert repl.pico.pin(6).is_output and repl.pico.pin(6).function == "sio"


def test_edges_are_latched_in_intr_even_when_they_are_over(repl):
    """IO_BANK0 INTR2: GPIO 16..23, four bits each: level low, level high, edge low, edge high."""
    pico = repl.pico
    pico.pin(17).drive(1)
    repl.execute("Pin(17, Pin.IN)\nmem32[0x400140f8] = 0xf0")
    assert repl.execute("print(mem32[0x400140f8] >> 4 & 15)").strip() == "2"
    now = pico.now_ns
    pico.pin(17).drive_edges([now + 1000, now + 51_000], [0, 1])
    pico.run(MS)
    assert repl.execute("print(mem32[0x400140f8] >> 4 & 15)").strip() == str(2 | 4 | 8)
    assert repl.execute("mem32[0x400140f8] = 4 << 4\nprint(mem32[0x400140f8] >> 4 & 15)").strip() == str(2 | 8)


def test_pin_interrupts_are_taken_at_the_edge(repl):
    pico = repl.pico
    pico.pin(7).drive(0)
    repl.execute("hits = []\nPin(7, Pin.IN).irq(lambda p: hits.append(time.ticks_us()), Pin.IRQ_RISING, hard=False)")
    at = pico.now_ns + 5 * MS
    pico.pin(7).drive_edges([at + n * MS for n in range(5)], [1, 0, 1, 0, 1])
    pico.run(10 * MS)
    first, second, third = (int(each) for each in repl.execute("print(*hits)").split())
    # The first one's way through the handlers is not in the flash cache.
    assert 1890 <= second - first <= 2010 and 1990 <= third - second <= 2010
    timer_zero = pico.now_ns - pico.cpu.timer_us * 1000
    assert 0 <= first * 1000 + timer_zero - at < 300_000


def test_every_pin_is_let_go_on_reset(repl):
    pico = repl.pico
    repl.execute("for n in (2, 12, 18): Pin(n, Pin.OUT, value=1)\nmachine.PWM(Pin(13), freq=20000, duty_u16=65535)")
    assert [pico.pin(n).level for n in (2, 12, 13, 18)] == [1, 1, 1, 1]
    pico.run_pin(0)
    assert [pico.pin(n).level for n in (2, 12, 13, 18)] == [0, 0, 0, 0]
    assert not any(pico.pin(n).is_output for n in range(30))
    pico.run_pin(1)
    pico.run(100_000)
    assert not any(pico.pin(n).is_output for n in range(30))
    assert pico.pin(13).function == "none"
    pico.run(600 * MS)


TIMER = "PAUSE, DBGPAUSE, ALARM3, ARMED, RAWL, INTR = (0x40054000 + n for n in (0x30, 0x2c, 0x1c, 0x20, 0x28, 0x34))\n"


def test_a_paused_timer_stands_and_its_alarms_wait(repl):
    """Datasheet 4.6.5: PAUSE stops the time, and with it what waits for it. A loop stands for the time that passes."""
    out = repl.execute(
        TIMER + "def later():\n    for _ in range(2000): pass\n"
        "masked = machine.disable_irq()\n"
        "mem32[ALARM3] = mem32[RAWL] + 3000\n"
        "mem32[PAUSE] = 1\n"
        "a = mem32[RAWL]; later(); b = mem32[RAWL]; armed = mem32[ARMED] >> 3, mem32[PAUSE], mem32[INTR] >> 3\n"
        "mem32[PAUSE] = 0\n"
        "c = mem32[RAWL]\n"
        "while not mem32[INTR] >> 3: pass\n"
        "d = mem32[RAWL]; mem32[INTR] = 8\n"
        "machine.enable_irq(masked)\n"
        "print(b - a, c - b, d - a, armed, mem32[ARMED] >> 3)"
    )
    stood, after, fired, rest = out.split(maxsplit=3)
    assert int(stood) == 0 and 0 <= int(after) <= 40
    assert 2900 <= int(fired) <= 3100
    assert rest.strip() == "(1, 1, 0) 0"


def test_a_pause_for_a_debugger_that_is_not_there_has_no_effect(repl):
    """Datasheet 4.6.5: DBGPAUSE, 7 at reset, stops it while a core is halted by a debugger; two bits are kept."""
    out = repl.execute(
        TIMER + "a = mem32[DBGPAUSE]; mem32[DBGPAUSE] = 0; b = mem32[DBGPAUSE] & 6; mem32[DBGPAUSE] = 0xffffffff\n"
        "t = time.ticks_us(); time.sleep_us(500); t = time.ticks_diff(time.ticks_us(), t)\n"
        "print(a, b, mem32[DBGPAUSE], 500 <= t < 700)"
    )
    assert out.split() == ["7", "0", "7", "True"]


@pytest.mark.parametrize("ppm", (-200.0, 0.0, 200.0))
def test_a_boards_time_goes_as_its_crystal_does(uf2, ppm):
    """Of two seconds of the world's a crystal that is fast by 200 ppm makes 400 us more; pins tell the world's time."""
    with VirtualPico(uf2, seed=3, crystal_ppm=ppm) as pico:
        pico.run(FIRST_START_MS * MS)
        first_ns, first_us = pico.now_ns, pico.cpu.timer_us
        pico.run(2000 * MS)
        passed_us = (pico.now_ns - first_ns) / 1000
        assert passed_us == pytest.approx(2_000_000, abs=0.1)
        assert pico.cpu.timer_us - first_us - passed_us == pytest.approx(2 * ppm, abs=1.5)
        at = pico.now_ns + 5 * MS
        pico.pin(20).watch()
        pico.pin(20).drive_edges([at, at + MS], [1, 0])
        pico.run(10 * MS)
        assert [t for t, _ in pico.pin(20).edges()] == pytest.approx([at, at + MS], abs=1)


def test_boards_differ_and_a_seed_is_a_board():
    parts = [spread(seed) for seed in range(200)]
    assert parts[7] == spread(7)
    for name, limits in (("crystal_ppm", CRYSTAL_PPM), ("rosc_hz", ROSC_HZ[:2]), ("flash_wear", (FRESH, WORN))):
        values = [getattr(each, name) for each in parts]
        width = limits[1] - limits[0]
        assert limits[0] <= min(values) < limits[0] + width / 8 and limits[1] - width / 8 < max(values) <= limits[1]
    with pytest.raises(HilError, match="flash_wear is 2; it must be 0..1"):
        spread(1, flash_wear=2)


@pytest.mark.parametrize(("seed", "mhz"), ((2730, 1.95), (1429, 11.8)))
def test_a_board_starts_with_any_ring_oscillator_that_the_datasheet_allows(uf2, seed, mhz):
    """1.8 to 12 MHz until the crystal runs. The start makes the file system, too: FRESH, 90 ms."""
    with VirtualPico(uf2, seed=seed, flash_wear=FRESH) as pico:
        assert pico.parts.rosc_hz == pytest.approx(mhz * 1e6, rel=0.01)
        pico.usb.write(b"version\r")
        pico.run(1000 * MS)
        assert b"cause=power_on" in b"".join(data for _, data in pico.usb.read())


def test_what_other_emulators_leave_out_is_charged_unless_asked_otherwise(uf2):
    busy_ns = {}
    for left_out in (False, True):
        with VirtualPico(uf2, seed=7, xip_miss_clk=0, charges_left_out=left_out) as pico:
            pico.run(400 * MS)
            busy_ns[left_out] = pico.cpu.busy_ns
    assert 0.95 < busy_ns[True] / busy_ns[False] < 0.995
