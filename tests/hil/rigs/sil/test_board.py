"""The simulated board behaves as the firmware expects of the real one, awkward parts included."""

from pathlib import Path

import numpy as np
import pytest

from hil.errors import HilError
from hil.play.operator import Operator
from hil.prove.soak import missed_ticks
from hil.rigs.rig import NS_PER_MS, NS_PER_S
from hil.rigs.sil import SilRig
from hil.rigs.spread import ADC_NOISE_LSB, FIRST_START_MS, FRESH, WORN
from sapper.shared.limits import FROZEN_FAULT_MS, PROMPT_LEFT_MS
from sapper.shared.pins import GPIO
from sapper_host.board.decoder import Frame, StreamDecoder

pytestmark = pytest.mark.sil


def value_of(text: str, name: str) -> int:
    return int(dict(word.split("=", 1) for word in text.split() if "=" in word)[name])


def test_version_is_answered_over_the_usb(rig: SilRig) -> None:
    assert "cause=power_on" in Operator(rig).boot()


def test_voltages_come_out_of_their_own_inputs(rig: SilRig, operator: Operator) -> None:
    for channel, millivolts in enumerate((500.0, 1000.0, 1500.0, 5000 / 3)):
        rig.adc.set(channel, millivolts)
    operator.must("telemetry on")
    operator.run(NS_PER_S)
    frame = [frame.fields for frame in operator.heard.frames if frame.name == "DETECT"][-1]
    for gate, millivolts in enumerate((500, 1000, 1500)):
        assert frame[f"gate{gate}"] == pytest.approx(millivolts * 65536 / 3300, abs=5 * 16)  # the codes' places
    assert value_of(operator.must("status"), "vsys_mv") == pytest.approx(5000, abs=10)


def test_a_ramp_is_followed_between_its_points(rig: SilRig, operator: Operator) -> None:
    start = rig.now_ns
    rig.adc.play(1, [start, start + 2 * NS_PER_S], [1000.0, 2000.0])
    operator.must("telemetry on")
    operator.run(2 * NS_PER_S)
    frames = [frame.fields for frame in operator.heard.frames if frame.name == "DETECT"]
    assert len(frames) > 20
    for frame in frames:
        # A frame is the mean of the 10 ms before it; it is told within 3 ms.
        middle_s = (operator.rig_ns(frame["t_ms"]) - start) / NS_PER_S - 0.005
        if middle_s < 0.01:
            continue  # begun before the ramp
        assert frame["gate1"] * 3300 / 65536 == pytest.approx(1000 + 500 * middle_s, abs=9)


@pytest.mark.parametrize("direction", (1, -1))
def test_encoder_edges_are_counted_with_their_direction(rig: SilRig, operator: Operator, direction: int) -> None:
    cycle = ((1, 0), (1, 1), (0, 1), (0, 0))[::direction]
    start = rig.now_ns
    for side in ("LEFT", "RIGHT"):
        for column, letter in enumerate("AB"):
            times = [start + (i + 1) * NS_PER_MS for i in range(400)]
            rig.pin(GPIO[f"ENC_{side}_{letter}"]).drive_edges(times, [cycle[i % 4][column] for i in range(400)])
    operator.run(NS_PER_S)
    # 100 cycles of two counted edges each, at 1000 a metre; backwards begins half-way through a cycle
    assert value_of(operator.must("status"), "s_mm") == pytest.approx(200 * direction, abs=2)


def test_motor_enable_falls_within_100_us_of_the_loop_opening(rig: SilRig, operator: Operator) -> None:
    operator.arm()
    enable = rig.pin(GPIO["MOTOR_EN"])
    enable.watch()
    opens_ns = rig.now_ns + 7_777_000
    rig.pin(GPIO["ESTOP_OK"]).drive_edges([opens_ns, opens_ns + 50_000], [0, 1])
    operator.run(50 * NS_PER_MS)
    times = [at_ns for at_ns, level in enable.edges() if level == 0]
    assert len(times) == 1
    assert 0 <= times[0] - opens_ns <= 100_000
    assert enable.level == 0
    assert "state=STOPPED reason=estop_open" in operator.must("status")


def test_an_exchange_of_10_ms_gives_the_same_run_as_one_of_500_ms() -> None:
    told = []
    for slice_ms in (10, 500):
        with SilRig() as rig:
            rig.pin(GPIO["ESTOP_OK"]).drive(1)
            rig.usb.write(b"telemetry on\n")
            for _ in range((FIRST_START_MS + 2000) // slice_ms):
                rig.run(slice_ms * NS_PER_MS)
            heard = StreamDecoder().feed(b"".join(data for _, data in rig.usb.read()))
            # The heap is shared with the simulation, whose own rubbish differs.
            told.append([(f.name, {**f.fields, "heap_free": 0}) for f in heard if isinstance(f, Frame)])
    assert told[0] == told[1]
    assert len(told[0]) > 40


def test_a_host_that_does_not_read_costs_no_tick(rig: SilRig, operator: Operator) -> None:
    operator.must("telemetry on")
    operator.run(NS_PER_S)
    rig.usb.reads = False
    rig.run(10 * NS_PER_S)
    heard = sum(len(data) for _, data in rig.usb.read())
    assert heard <= 512  # what the buffer held
    rig.usb.reads = True
    operator.run(3 * NS_PER_S)
    loops = [frame.fields for frame in operator.heard.frames if frame.name == "LOOP"]
    assert loops[-1]["dropped"] > 100
    before, after = loops[0], loops[-1]
    assert after["ticks"] - before["ticks"] == pytest.approx((after["t_ms"] - before["t_ms"]) / 10, abs=1)


def test_the_radio_takes_its_time_for_each_byte(rig: SilRig, operator: Operator) -> None:
    radio = rig.uart[0]
    radio.read()
    start = rig.now_ns
    radio.write(b"version\n")
    rig.run(NS_PER_S)
    heard = radio.read()
    text = b"".join(data for _, data in heard)
    assert b"ok sapper=" in text
    # 8 bytes in and len(text) bytes out at 57,600 baud, ten bits each
    assert heard[-1][0] - start >= (8 + len(text)) * 10 / 57600 * 1e9


def test_a_loop_that_stands_still_is_reset_by_the_watchdog_and_the_flash_survives(
    rig: SilRig, operator: Operator
) -> None:
    operator.must("set arm_idle_s 77")
    operator.must("save")
    operator.must("reboot")
    operator.run(NS_PER_S)
    assert [cause for _, cause in rig.resets] == ["watchdog"]
    assert "cause=watchdog" in operator.must("version")
    assert "arm_idle_s=77" in operator.must("get arm_idle_s")


def test_armed_and_only_pinged_the_rover_disarms_itself(rig: SilRig, operator: Operator) -> None:
    operator.must("set arm_idle_s 5")
    operator.arm()  # and pings each half second from then on
    operator.run(4 * NS_PER_S)
    assert rig.pin(GPIO["MOTOR_EN"]).level == 1
    operator.run(2 * NS_PER_S)
    assert rig.pin(GPIO["MOTOR_EN"]).level == 0
    assert "state=SAFE reason=idle" in operator.must("status")


def test_a_write_to_flash_stops_the_board_for_as_long_as_the_chip_takes(rig: SilRig, operator: Operator) -> None:
    operator.must("telemetry on")
    operator.run(2 * NS_PER_S)
    busy_ns, spells = rig.flash_busy_ns, rig.flash_spells
    operator.must("save")
    operator.run(2 * NS_PER_S)
    loops = [frame for frame in operator.heard.frames if frame.name == "LOOP"]
    assert max(frame.fields["tick_max_us"] for frame in loops) >= 45_000  # one sector's erase
    # What the rig tells of the flash is what the board missed.
    busy_ms = (rig.flash_busy_ns - busy_ns) / NS_PER_MS
    missed = missed_ticks(loops, [])
    assert 2 <= rig.flash_spells - spells <= 20
    assert missed == pytest.approx(busy_ms / 10, abs=2) and missed > 4


def test_the_board_runs_on_over_the_wrap_of_its_ticks() -> None:
    for wrap_us in (1 << 30, 1000 << 30):  # ticks_us, ticks_ms
        with SilRig(ticks_us=wrap_us - 2_000_000) as rig:
            operator = Operator(rig)
            operator.boot()
            operator.must("telemetry on")
            operator.run(5 * NS_PER_S)
            loops = [frame.fields for frame in operator.heard.frames if frame.name == "LOOP"]
            assert len(loops) >= 4
            steps = [(b["t_ms"] - a["t_ms"], b["ticks"] - a["ticks"]) for a, b in zip(loops, loops[1:], strict=False)]
            assert all(abs(ms - 1000) <= 10 and ticks == 100 for ms, ticks in steps), steps
            assert max(loop["jitter_max_us"] for loop in loops) < 1000


def test_ctrl_c_ends_in_the_prompt_with_the_board_safe(rig: SilRig, operator: Operator) -> None:
    rig.usb.write(b"\x03")
    operator.run(200 * NS_PER_MS)
    assert rig.left_for == "prompt"
    rig.run(5 * NS_PER_S)
    assert rig.resets == []  # its watchdog was stopped


def test_closing_leaves_no_process(rig: SilRig) -> None:
    process = rig._process._process
    rig.run(NS_PER_MS)
    assert process.poll() is None
    rig.close()
    assert process.poll() is not None


def test_a_micropython_that_does_not_start_is_told_with_its_words(tmp_path: Path) -> None:
    program = tmp_path / "micropython"
    program.write_text('#!/bin/sh\necho "RuntimeError: this MicroPython is built for 64 bits" >&2\nexit 1\n')
    program.chmod(0o755)
    with SilRig(micropython=program) as rig, pytest.raises(HilError, match="64 bits"):
        rig.run(NS_PER_MS)
    with pytest.raises(HilError, match="run `make"):
        SilRig(micropython=tmp_path / "nothing")


@pytest.mark.parametrize("keys", [b"", b"x"], ids=["nobody types", "somebody types"])
def test_the_prompt_gives_way_to_sapper_when_nobody_types(rig: SilRig, operator: Operator, keys: bytes) -> None:
    rig.usb.write(b"\r\x03")
    rig.run(300 * NS_PER_MS)
    assert rig.left_for == "prompt"
    enable = rig.pin(GPIO["MOTOR_EN"])
    enable.watch()
    rig.usb.read()
    for _ in range(4):  # a second less than it waits for in all
        rig.run((PROMPT_LEFT_MS - 1000) * NS_PER_MS // 4)
        rig.usb.write(keys)
    rig.run(2000 * NS_PER_MS)
    told = b"".join(data for _, data in rig.usb.read())
    if keys:
        assert told == b""
    else:
        assert b"Nobody typed" in told and told.index(b"Nobody typed") < told.index(b" boot ")
        assert "state=SAFE" in Operator(rig).must("status")
    assert all(level == 0 for _, level in enable.edges())


def test_held_in_reset_it_does_nothing_and_starts_anew_when_let_go(rig: SilRig, operator: Operator) -> None:
    operator.must("name rover-3")
    operator.must("set sweep_mm_s 250")
    enable = rig.pin(GPIO["MOTOR_EN"])
    rig.run_pin(0)
    since_ns = rig.now_ns
    rig.usb.read()
    rig.usb.write(b"version\n")
    rig.run(300 * NS_PER_MS)
    assert rig.now_ns == since_ns + 300 * NS_PER_MS
    assert rig.usb.read() == [] and enable.level == 0
    rig.run_pin(1)
    again = Operator(rig)
    again.boot()
    assert again.must("name") == "name=rover-3" and "250" not in again.must("get sweep_mm_s")
    assert [cause for _, cause in rig.reset_causes()] == ["power_on", "power_on"]
    assert rig.reset_causes()[-1][0] == since_ns + 300 * NS_PER_MS


def test_worn_flash_stops_the_board_for_as_long_as_its_data_sheet_allows() -> None:
    """W25Q16JV, 9.6: a page takes 0.4 ms typically, 3 at most. A first start makes the file system, of two pages: what
    is blank is not erased."""
    answered_ms = []
    for wear in (FRESH, WORN):
        with SilRig(flash_wear=wear) as rig:
            rig.usb.write(b"version\n")
            rig.run(2 * NS_PER_S)
            at_ns = next(at_ns for at_ns, data in rig.usb.read() if b"sapper=" in data)
            answered_ms.append(at_ns / NS_PER_MS)
    assert answered_ms[1] - answered_ms[0] == pytest.approx(2 * (3 - 0.4), abs=1)


@pytest.mark.parametrize("gate", (0, 1, 2))
def test_a_gate_that_stands_still_is_told_through_the_converters_noise(gate: int) -> None:
    """Noise of the front end as world_spec.py has it; then one gate keeps its voltage, and the converter its noise."""
    random = np.random.default_rng(3)
    with SilRig(adc_noise_lsb=ADC_NOISE_LSB[1]) as rig:
        for each, noise_mv in enumerate((22.0, 2.1, 1.85)):
            times = np.arange(1500) * 10 * NS_PER_MS
            rig.adc.play(each, times, 1650 + noise_mv * random.standard_normal(len(times)), "hold")
        operator = Operator(rig)
        operator.boot()
        operator.settle(8)
        assert not [event for event in operator.heard.events if event.kind == "fault"]
        stands_ns = rig.now_ns
        rig.adc.set(gate, 1650.0)
        operator.run(2 * NS_PER_S)
        (told,) = [event for event in operator.heard.events if event.kind == "fault"]
        assert told.args["fault"] == f"stuck_gate{gate}"
        assert (operator.rig_ns(told.t_ms) - stands_ns) / NS_PER_MS <= FROZEN_FAULT_MS


def test_the_flash_cache_that_is_not_there_is_asked_for_nothing(operator: Operator) -> None:
    assert operator.must("cache") == "accesses=0 hits=0"
