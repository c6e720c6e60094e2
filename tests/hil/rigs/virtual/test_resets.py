"""Every reset leaves the cause, and the memory, that silicon leaves."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.virtual
MS = 1_000_000
BOOT_NS = 600 * MS
# Unused by firmware and boot ROM: the top of the first half of scratch Y is stack, scratch X (0x20040000) is core 1's.
KEPT = 0x20040100
SCRATCH0 = 0x4005800C
REASON = 0x40058008
CHIP_RESET = 0x40064008
HAD_POR, HAD_RUN = 1 << 8, 1 << 16
# MicroPython counts a sleep in whole milliseconds of its clock, so up to one may be missing.
SLEEP_5_MS = "t = time.ticks_us(); time.sleep_ms(5); print(time.ticks_diff(time.ticks_us(), t))"


def put_marks(pico) -> None:
    pico.memory.write(KEPT, b"kept over resets")
    pico.memory.write(SCRATCH0, (0x12345678).to_bytes(4, "little"))


def marks(pico) -> tuple[bool, bool]:
    """Whether RAM and the watchdog's scratch register still have them."""
    return pico.memory.read(KEPT, 16) == b"kept over resets", pico.memory.read_word(SCRATCH0) == 0x12345678


def reason_and_chip_reset(pico) -> tuple[int, int]:
    return pico.memory.read_word(REASON) & 3, pico.memory.read_word(CHIP_RESET) & (HAD_POR | HAD_RUN)


def test_watchdog_keeps_ram_and_scratch_and_says_timer(repl):
    pico = repl.pico
    chip_reset = reason_and_chip_reset(pico)[1]
    pico.pin(6).watch()
    repl.start("about = Pin(6, Pin.OUT)\nabout.on()\nw = machine.WDT(timeout=200)\nwhile True: pass")
    put_marks(pico)
    pico.run(210 * MS)
    at, cause = pico.reset_causes()[-1]
    assert cause == "watchdog-timer"
    about = next(t_ns for t_ns, level in pico.pin(6).edges() if level)
    # Down to a tick of 1 us the watchdog is exact. Before its start come the return of `on` and a call with a keyword,
    # some 3 kB of code: 750 words that all miss the flash cache, of 48 clocks each, are 0.29 ms.
    assert -1000 <= at - about - 200 * MS <= MS * 3 // 10
    assert marks(pico) == (True, True)
    assert reason_and_chip_reset(pico) == (1, chip_reset)
    pico.run(BOOT_NS)
    repl.enter()
    assert repl.execute("print(machine.reset_cause() == machine.WDT_RESET)").strip() == "True"


def test_machine_reset_says_forced(repl):
    pico = repl.pico
    repl.start("machine.reset()")
    put_marks(pico)
    pico.run(2 * MS)
    assert pico.reset_causes()[-1][1].startswith("watchdog")
    assert reason_and_chip_reset(pico)[0] in (1, 2)
    assert marks(pico) == (True, True)
    pico.run(BOOT_NS)


def test_run_pin_keeps_ram_but_not_scratch(repl):
    pico = repl.pico
    put_marks(pico)
    pico.run_pin(0)
    pico.run(10 * MS)
    pico.run_pin(1)
    pico.run(MS)
    assert pico.reset_causes()[-1][1] == "run"
    assert marks(pico) == (True, False)
    assert reason_and_chip_reset(pico) == (0, HAD_RUN)
    pico.run(BOOT_NS)
    repl.enter()
    assert repl.execute("print(machine.reset_cause() == machine.PWRON_RESET)").strip() == "True"


def test_power_cycle_keeps_neither(repl):
    pico = repl.pico
    put_marks(pico)
    pico.power_cut()
    assert not pico.powered and pico.usb.state != "configured"
    before = pico.now_ns
    pico.run(5 * MS)
    assert pico.now_ns == before + 5 * MS
    pico.power_on()
    pico.run(MS)
    assert pico.reset_causes()[-1][1] == "power"
    assert marks(pico) == (False, False)
    assert reason_and_chip_reset(pico) == (0, HAD_POR)
    pico.run(BOOT_NS)


def test_bootsel_button_and_bootloader_command_lead_to_the_boot_roms_drive(repl, uf2):
    pico = repl.pico
    repl.start("machine.bootloader()")
    pico.run(100 * MS)
    assert pico.in_bootsel
    pico.flash.write(0x4000, bytes(4096))
    pico.flash.program_uf2(uf2)
    pico.run_pin(0)
    pico.run_pin(1)
    pico.run(BOOT_NS)
    assert not pico.in_bootsel
    pico.power_cut()
    pico.power_on(bootsel=True)
    pico.run(100 * MS)
    assert pico.in_bootsel
    pico.power_cut()
    pico.power_on()
    pico.run(BOOT_NS)
    assert not pico.in_bootsel and pico.usb.state == "configured"


def test_the_timer_starts_anew_or_where_the_rig_wants(repl):
    pico = repl.pico
    pico.cpu.start_timer_at_us(2**32 - 300_000)
    pico.run_pin(0)
    pico.run_pin(1)
    pico.run(BOOT_NS)
    assert pico.cpu.timer_us > 2**32
    repl.enter()
    assert int(repl.execute(SLEEP_5_MS)) >= 4000
    pico.cpu.start_timer_at_us(0)
    pico.cpu.set_timer_us(2**30 - 2000)
    assert int(repl.execute(SLEEP_5_MS)) >= 4000
    pico.run_pin(0)
    pico.run_pin(1)
    pico.run(BOOT_NS)
    assert pico.cpu.timer_us < 1_000_000
