"""The radio on the virtual Pico: keyed over USB, driven by signed lines over the UART, and not impressed by a flood."""

import random

import pytest

from hil.operator import Operator
from hil.rig import NS_PER_MS, default_uf2
from hil.safety.stage import Stage
from sapper.pins import GPIO
from sapper.radio import Signer, key_id
from sapper_host.signing import Counters, RadioEncoder

pytestmark = [pytest.mark.virtual, pytest.mark.xdist_group("radio")]

KEY = bytes(range(7, 39))


class SignedLine:
    """The laptop's end of the radio: what is written is signed as `sapper` signs it."""

    def __init__(self, port, encoder):
        self.port, self.encoder = port, encoder

    def write(self, data):
        for line in data.decode().splitlines():
            self.port.write(self.encoder(line))

    def read(self):
        return self.port.read()


@pytest.fixture(scope="module")
def stage():
    try:
        firmware = default_uf2()
    except Exception as error:
        pytest.skip(str(error))
    with Stage(firmware, seed=5) as stage:
        assert stage.operator.must("key " + KEY.hex()) == "key=" + key_id(KEY)
        yield stage


@pytest.fixture
def radio(stage, tmp_path):
    """(operator over the radio, its encoder)."""
    plain = Operator(stage.pico, stage._advance, stage.pico.uart[0])
    values = dict(word.split("=") for word in plain.must("nonce").split())
    assert values["port"] == "radio"
    encoder = RadioEncoder(KEY, "0" * 16, Counters("0" * 16, tmp_path))
    encoder.renew(values)
    return Operator(stage.pico, stage._advance, SignedLine(stage.pico.uart[0], encoder)), encoder


def test_unsigned_and_wrongly_signed_lines_are_refused_and_signed_ones_drive(stage, radio):
    operator, encoder = radio
    plain = Operator(stage.pico, stage._advance, stage.pico.uart[0])
    assert plain.ask("disarm")[0].startswith("err unsigned")
    assert plain.ask(Signer(bytes(32), bytes(16)).sign(10_000, "disarm"))[0].startswith("err mac")
    operator.arm()
    operator.must("sweep 100000")
    operator.run(500 * NS_PER_MS)
    assert stage.pico.pin(GPIO["MOTOR_EN"]).level == 1 and stage.timeline.duty[0][-1][1] > 0
    operator.keep_alive(False)
    operator.must("stop")
    operator.run(100 * NS_PER_MS)
    assert stage.motor_pins_safe() == ""
    operator.must("disarm")


def test_the_key_outlives_a_power_cut_and_last_boots_lines_are_refused(stage, radio):
    _, encoder = radio
    old = encoder("ping").decode().strip()
    stage.pico.power_cut()
    stage.safe()
    plain = Operator(stage.pico, stage._advance, stage.pico.uart[0])
    values = dict(word.split("=") for word in plain.must("nonce").split())
    assert values["key"] == key_id(KEY)
    assert plain.ask(old)[0].startswith("err mac")
    encoder.renew(values)
    again = Operator(stage.pico, stage._advance, SignedLine(stage.pico.uart[0], encoder))
    again.must("ping")


def test_a_flood_of_forged_lines_leaves_the_loop_its_time_and_the_operator_on_usb_the_rover(stage):
    """Two seconds of forged lines at the line's full rate, in SWEEP: ticks stay short, nothing is missed."""
    rng = random.Random(2)
    stage.to("SWEEP")
    stage.operator.must("telemetry on")
    stage.operator.heard.frames.clear()
    forged = "".join(f"@{rng.randrange(1, 10**9)} {rng.getrandbits(64):016x} drive 300 0\n" for _ in range(280))
    stage.pico.uart[0].write(forged.encode())
    stage.run(2200 * NS_PER_MS)
    stage.operator.must("telemetry off")
    loops = [frame.fields for frame in stage.operator.heard.frames if frame.name == "LOOP"]
    assert stage.state == "SWEEP" and stage.pico.pin(GPIO["MOTOR_EN"]).level == 1
    assert loops and loops[-1]["refused"] > 20
    worst = max(loop["tick_max_us"] for loop in loops)
    print("longest tick under the flood:", worst, "us; load", max(loop["load_pm"] for loop in loops), "/1000")
    assert worst < 10_000
    stage.safe()
