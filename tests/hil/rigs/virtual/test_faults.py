"""Faults a rig can inject, and how the emulator's and the firmware's own failures are told."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from hil.rigs.spread import FIRST_START_MS
from hil.rigs.virtual import VirtualPico, VirtualPicoError

pytestmark = pytest.mark.virtual
MS = 1_000_000


def start_counting(repl) -> int:
    """A loop that counts, and a pin interrupt every millisecond that counts; returns where the counts are."""
    pico = repl.pico
    pico.pin(7).drive(0)
    repl.execute(
        "import array, uctypes\n"
        "c = array.array('I', [0, 0])\n"
        "def tick(p): c[1] += 1\n"
        "Pin(7, Pin.IN).irq(tick, Pin.IRQ_RISING, hard=True)"
    )
    address = int(repl.execute("print(uctypes.addressof(c))"))
    repl.start("while True: c[0] += 1")
    times = pico.now_ns + np.arange(1, 401) * MS // 2
    pico.pin(7).drive_edges(times, [1, 0] * 200)
    return address


def stop_counting(repl) -> None:
    repl.pico.usb.write(b"\x03")
    repl.expect(b"\x04>")
    repl.pico.pin(7).cancel()


def counts(pico, address: int) -> tuple[int, int]:
    return pico.memory.read_word(address), pico.memory.read_word(address + 4)


def test_a_hang_with_interrupts_on_stops_the_program_only(repl):
    pico = repl.pico
    address = start_counting(repl)
    pico.run(20 * MS)
    pico.cpu.hang(interrupts_on=True)
    pico.run(MS)
    loop, ticks = counts(pico, address)
    pico.run(50 * MS)
    assert counts(pico, address)[0] == loop
    assert 48 <= counts(pico, address)[1] - ticks <= 51
    pico.cpu.release()
    pico.run(10 * MS)
    assert counts(pico, address)[0] > loop + 100
    stop_counting(repl)


def test_a_hang_with_interrupts_off_stops_everything_but_time_and_hardware(repl):
    pico = repl.pico
    address = start_counting(repl)
    pico.run(20 * MS)
    pico.cpu.hang(interrupts_on=False, duration_ns=30 * MS)
    before, busy = counts(pico, address), pico.cpu.busy_ns
    pico.run(29 * MS)
    assert counts(pico, address) == before
    assert pico.cpu.busy_ns - busy == pytest.approx(29 * MS, rel=0.01)
    pico.run(10 * MS)
    after = counts(pico, address)
    assert after[0] > before[0] and after[1] > before[1]
    stop_counting(repl)


def test_the_watchdog_ends_a_hang(repl):
    pico = repl.pico
    repl.execute("w = machine.WDT(timeout=300)")
    pico.cpu.hang(interrupts_on=False)
    hung = pico.now_ns
    pico.run(320 * MS)
    at, cause = pico.reset_causes()[-1]
    assert cause == "watchdog-timer" and at - hung <= 301 * MS
    pico.run(600 * MS)
    assert pico.usb.state == "configured"


def test_a_hardfault_is_raised_with_the_program_counter_and_a_locked_up_core_waits_for_its_reset(uf2):
    with VirtualPico(uf2, seed=1) as pico:
        pico.run(FIRST_START_MS * MS)  # its application runs: while it still starts, a lost timer interrupt is a panic
        pico.memory.write(0x20000000, b"\xff" * 0xC0)  # the vector table, all ones: the next interrupt goes astray
        with pytest.raises(VirtualPicoError) as caught:
            pico.run(300 * MS)
        assert caught.value.kind == "hardfault"
        assert caught.value.pc is not None and f"0x{caught.value.pc:08x}" in str(caught.value)
        for _ in range(3):  # faults within the fault
            with contextlib.suppress(VirtualPicoError):
                pico.run(MS)
        before = pico.now_ns
        pico.run(50 * MS)
        assert pico.now_ns >= before + 50 * MS
        pico.run_pin(0)
        pico.run_pin(1)
        pico.run(300 * MS)
        assert pico.usb.state == "configured"


def test_an_undefined_instruction_names_the_function_it_stands_in(uf2):
    with VirtualPico(uf2, seed=1) as pico:
        pico.run(1 * MS)
        main = pico.symbol_address("main")
        assert main is not None
        pico.flash.write((main & ~1) - 0x10000000, b"\xff\xde")
        pico.run_pin(0)
        pico.run_pin(1)
        with pytest.raises(VirtualPicoError, match=r"main") as caught:
            pico.run(300 * MS)
        assert caught.value.pc is not None and caught.value.pc & ~1 == main & ~1


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: data[:-100], "cut short"),
        (lambda data: data[:-512], "cut short"),
        (lambda data: b"\0" * 512 + data[512:], "not a UF2 file"),
        (lambda data: data[:28] + b"\x00\x11\x22\x33" + data[32:], "another chip"),
    ],
)
def test_a_damaged_uf2_is_refused_with_the_reason(uf2, tmp_path, damage, words):
    path = tmp_path / "damaged.uf2"
    path.write_bytes(damage(uf2.read_bytes()))
    with pytest.raises(VirtualPicoError, match=words):
        VirtualPico(path)


def test_single_steps_execute_single_instructions(uf2):
    """The mask ROM's first instructions, one after the other."""
    with VirtualPico(uf2, seed=1) as pico:
        visited = []
        for _ in range(8):
            visited.append(pico.cpu.pc)
            pico.step()
        assert visited[0] == 0xEE  # the reset vector of ROM B1, with bit 0 gone
        assert len(set(visited)) >= 6
        assert pico.cpu.busy_ns > 0
