"""One virtual Pico at MicroPython's prompt for all tests that leave it usable; making one costs seconds."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.rigs.firmware import default_uf2
from hil.rigs.spread import FIRST_START_MS
from hil.rigs.virtual import VirtualPico

_HERE = Path(__file__).resolve().parent


def _load_repl() -> type:
    spec = importlib.util.spec_from_file_location("virtual_pico_repl", _HERE / "repl.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.Repl


Repl = _load_repl()
BOOT_NS = 600_000_000


@pytest.fixture(scope="session")
def uf2() -> Path:
    return default_uf2()


@pytest.fixture(scope="session")
def shared_board(uf2: Path) -> Iterator[VirtualPico]:
    # Tests of this room count the chip's cycles in nanoseconds: on its crystal's time, not the world's.
    with VirtualPico(uf2, seed=7, crystal_ppm=0) as pico:
        pico.run(FIRST_START_MS * 1_000_000)
        yield pico


@pytest.fixture
def repl(shared_board: VirtualPico) -> Repl:
    """A fresh interpreter on the shared board: powered, plugged in, all its pins inputs and left alone."""
    pico = shared_board
    if not pico.powered:
        pico.power_on()
        pico.run(BOOT_NS)
    pico.usb.plug()
    pico.usb.reading = True
    for gpio in range(30):
        pico.pin(gpio).watch(False)
        pico.pin(gpio).release()
        pico.pin(gpio).edges()
        pico.pwm(gpio).watch(False)
        pico.pwm(gpio).changes()
    for uart in pico.uart:
        uart.read()
    pico.usb.read()
    prompt = Repl(pico)
    prompt.enter()
    prompt.execute("for n in range(30): Pin(n, Pin.IN)")
    return prompt
