"""The real firmware on the virtual Pico, end to end: find, stop, tell; whatever comes over a line, nothing moves."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from hil.play.lane_run import LaneRun
from hil.play.operator import Operator
from hil.play.replay import replay
from hil.prove.benchmarks.row import Row
from hil.rigs.firmware import default_uf2
from hil.rigs.rig import NS_PER_MS, NS_PER_S
from hil.rigs.virtual import VirtualPico
from hil.serve.demo import as_dict, reached
from hil.traces.synthetic import synthetic_trace
from hil.world.world import World
from hil.world.world_file import load_world_file
from sapper.shared.pins import GPIO

pytestmark = pytest.mark.virtual
RESULT_KEYS = {"rig", "firmware", "trace", "duration_s", "events", "outputs", "cpu_load", "heap_free_min"}


@pytest.fixture
def pico() -> Iterator[VirtualPico]:
    with VirtualPico(default_uf2(), seed=3) as board:
        yield board


def test_a_recording_stops_the_rover_over_its_object_and_tells() -> None:
    result = replay(synthetic_trace("one", 5.0, 0.4, (3.0,)), "virtual", "stop")
    assert result.keys() >= RESULT_KEYS
    kinds = [event["kind"] for event in result["events"]]
    assert "detect" in kinds and "stop" in kinds
    assert result["ended"] == "stop"
    assert 2.7 < result["outputs"]["duty_0_s_m"] < 3.1
    assert [event["to"] for event in result["events"] if event["kind"] == "state"][-1] == "CONTACT"
    assert result["outputs"]["telemetry"]["bad_frames"] == 0
    assert result["heap_free_min"] > 100 * 1024


def test_a_buried_object_is_found_stopped_over_and_the_lane_finished(pico: VirtualPico) -> None:
    demo = load_world_file("demo")
    target = replace(demo.targets[0], x_m=1.6)
    world = replace(demo, world=replace(demo.world, lane_length_m=2.6), targets=(target,), hot_rocks=())
    run = LaneRun(pico, World(world))
    run.prepare()
    result = run.drive()
    assert reached(result), as_dict(result)
    assert len(result.score.found) == 1
    assert result.stops and all(stop.latency_ms <= 25 for stop in result.stops)
    assert pico.pin(GPIO["MOTOR_EN"]).level == 0
    assert pico.pin(GPIO["MOTOR_LEFT"]).level == 0 and pico.pin(GPIO["MOTOR_RIGHT"]).level == 0


@pytest.mark.parametrize("line", ["usb", "radio"])
def test_ten_thousand_random_bytes_move_nothing_and_lose_nothing(pico: VirtualPico, line: str) -> None:
    operator = Operator(pico)
    operator.boot()
    pico.pin(GPIO["ARM_KEY"]).drive(1)
    for name in ("MOTOR_EN", "MOTOR_LEFT", "MOTOR_RIGHT", "MARKER"):
        pico.pin(GPIO[name]).watch()
    settings = operator.ask("dump")[1]
    noise = random.Random(5).randbytes(10_000)
    port = pico.usb if line == "usb" else pico.uart[0]
    for start in range(0, len(noise), 500):
        port.write(noise[start : start + 500])
        pico.run(200 * NS_PER_MS)
    port.write(b"\n")
    pico.run(NS_PER_S)
    operator.listen()
    assert "state=SAFE" in operator.must("status")
    assert operator.ask("dump")[1] == settings
    for name in ("MOTOR_EN", "MOTOR_LEFT", "MOTOR_RIGHT", "MARKER"):
        assert not [level for _, level in pico.pin(GPIO[name]).edges() if level], name


def test_unknown_and_malformed_lines_are_answered_with_what_to_do(pico: VirtualPico) -> None:
    operator = Operator(pico)
    operator.boot()
    for line, name in (
        ("fly", "err unknown:"),
        ("drive 100 0", "err state:"),
        ("set sweep_mm_s 99999", "err setting:"),
        ("set nothing 1", "err setting:"),
        ("telemetry maybe", "err usage:"),
        ("arm 12", "err code:"),
    ):
        answer, _ = operator.ask(line)
        assert answer.startswith(name), (line, answer)
    assert "state=SAFE" in operator.must("status")


@pytest.mark.unit
def test_a_bench_row_knows_its_limit() -> None:
    assert Row("a", 24.9, "ms", "<= 25").ok and not Row("a", 25.1, "ms", "<= 25").ok
    assert Row("b", 1.0, "", ">= 1.0").ok and not Row("b", 0.9, "", ">= 1.0").ok
    assert Row("c", 1e9, "", "").ok
