"""The parts on Blinka's own back ends, a Raspberry Pi's and an FT232H's: all but what touches the hardware is real."""

from __future__ import annotations

import os
import sys

import pytest

from sapper_host import processes
from sapper_host.files.checkout import ROOT

pytestmark = pytest.mark.unit
OPENED = {"native": ["opened 1"], "ft232h": ["opened ftdi://ftdi:232h:FT9/1"] * 2}


def said(*words: str) -> str:
    paths = os.pathsep.join(str(ROOT / each) for each in (".", "firmware", "host"))
    environment = os.environ | {"PYTHONPATH": paths}
    done = processes.run([sys.executable, *words], env=environment, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("backend", OPENED)
def test_the_parts_work_fail_and_come_to_rest_on_blinkas_own_back_end(backend: str) -> None:
    lines = said(str(ROOT / "tests" / "hil" / "bench" / "parts" / "on_blinka.py"), backend).splitlines()
    # Nothing stands behind the last: no name of Blinka's is left in the environment.
    rest = ["supply on", "usb on", "5000 mV", "held", "silent", "adapter gone", "supply off", "usb off"]
    assert lines == [*OPENED[backend], *rest]


@pytest.mark.parametrize(
    ("backend", "patch", "words"),
    [
        ("native", "", "no I2C bus that Blinka knows"),
        ("native", "os.environ.update(BLINKA_FORCECHIP='BCM2XXX', BLINKA_FORCEBOARD='RASPBERRY_PI_4B')", "gpiod"),
        ("ft232h", "", "FT232H"),
        ("ft232h", "import pyftdi.usbtools as u; u.UsbTools.find_all = staticmethod(lambda ids: [])", "cable in"),
    ],
)
def test_a_host_that_lacks_something_is_told_what(backend: str, patch: str, words: str) -> None:
    if os.path.exists("/dev/i2c-1"):
        pytest.skip("this machine has an I2C bus")
    program = (
        f"import os, re, sys\n{patch}\nsys.modules['gpiod'] = None\n"
        "from hil.bench.config import BusSpec, Config\nfrom hil.bench.parts.bus import open_bus\n"
        "from hil.errors import HilError\n"
        f"try: open_bus(Config(bus=BusSpec(backend={backend!r})))\n"
        f"except HilError as error: print(bool(re.search({words!r}, str(error)) and '; ' in str(error)), error)"
    )
    text = said("-c", program)
    assert text.startswith("True "), text
