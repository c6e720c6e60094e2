"""The USB line in SAFE belongs to MicroPython's own tools as soon as they ask for it."""

import pytest

from hil.rigs.firmware import default_uf2
from hil.rigs.virtual import VirtualPico

pytestmark = pytest.mark.virtual

MS = 1_000_000


def test_what_follows_a_ctrl_c_is_left_for_the_prompt_wherever_in_a_tick_it_comes() -> None:
    """As mpremote opens: Ctrl-C, and at once Ctrl-A for the raw prompt, which the application must not read away."""
    missed = []
    with VirtualPico(default_uf2(), seed=3) as pico:
        pico.run(700 * MS)
        for phase in range(16):
            pico.run(MS + phase * MS * 10 // 16)
            pico.usb.read()
            pico.usb.write(b"\r\x03")
            pico.usb.write(b"\r\x01")
            pico.run(120 * MS)
            if b"raw REPL; CTRL-B to exit" not in b"".join(data for _, data in pico.usb.read()):
                missed.append(phase)
            for line in (b"\x02", b"\x04"):  # the friendly prompt, and a new start
                pico.usb.write(line)
                pico.run(30 * MS)
            pico.run(700 * MS)
    assert missed == []
