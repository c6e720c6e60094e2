"""Nothing moves while blind: whatever was said before, a sweep stops over a find, and tells only searched ground so."""

import machine
import pytest
from lane_of_finds import ARMED, CONTACT, RADIO, SAFE, SWEEP, TELEOP, USB, Lane, acting, enabled, forms

from sapper.shared import commands
from sapper.shared.events import KIND_ID, STATES

pytestmark = pytest.mark.unit

EVERY_STATE = range(len(STATES))
# Those that end the application, or write what the next start would read.
LEAVES = ("reboot", "bootloader", "repl", "storage erase", "update receive")
PAST_MM = 90


class Clock:
    """`machine.RTC`, set to no effect."""

    def datetime(self, moment):
        pass


@pytest.fixture(autouse=True)
def flash(tmp_path, monkeypatch):
    """Files in a folder of the test's own; and no collection of CPython's own large heap at each arming."""
    monkeypatch.setattr("sapper.app.gc.collect", lambda: 0)
    monkeypatch.setattr(machine, "RTC", Clock, raising=False)
    for module, name in (("settings_file", "PATH"), ("name_file", "PATH"), ("log_file", "PATH")):
        monkeypatch.setattr(f"sapper.storage.{module}.{name}", str(tmp_path / module))
    for key in ("RADIO", "TEAM"):
        monkeypatch.setattr(f"sapper.storage.key_file.{key}.path", str(tmp_path / key))


def wrong(lane):
    """Whatever state that led to: one that sweeps, or may, stops over the find. '' or what it did instead."""
    if lane.state != SWEEP:
        if not enabled(lane):
            return ""
        lane.say("sweep 5000")
    if lane.state != SWEEP:
        return ""
    past_mm = lane.sweeps_past()
    if past_mm is None:
        return "swept over a find"
    return "" if -400 < past_mm <= PAST_MM else f"ended in {STATES[lane.state]} {past_mm} mm past it"


def legal(lane, choice=forms):
    return [line for line in choice(lane.state) if line not in LEAVES]


def tried(state, port, length, choice=forms):
    """Every sequence of so many commands from `state` on, each legal where it is said, and a sweep after it."""
    count = 0
    failed = []
    begun = [()]
    for _ in range(length - 1):
        begun = [said + (line,) for said in begun for line in legal(at(state, port, said), choice)]
    for said in begun:
        for line in legal(at(state, port, said), choice):
            lane = at(state, port, said)
            try:
                lane.do(line)
                told = wrong(lane)
            except AssertionError as error:
                told = str(error)
            if told:
                failed.append(f"{STATES[state]}, {', '.join((*said, line))}: {told}")
            count += 1
    assert not failed, f"{len(failed)} of {count}:\n" + "\n".join(failed)
    return count


def at(state, port, said):
    lane = Lane(port).to(state)
    for line in said:
        lane.do(line)
    return lane


@pytest.mark.parametrize("port", [USB, RADIO], ids=["usb", "radio"])
@pytest.mark.parametrize("state", EVERY_STATE, ids=STATES)
def test_after_any_command_a_sweep_stops_over_a_find(state, port):
    assert tried(state, port, 1) == len(legal(Lane(port).to(state))) >= 10


@pytest.mark.parametrize("state", EVERY_STATE, ids=STATES)
def test_after_any_two_commands_a_sweep_stops_over_a_find(state):
    assert tried(state, USB, 2) >= 100


@pytest.mark.slow
@pytest.mark.parametrize("state", [ARMED, TELEOP, SWEEP, CONTACT], ids=["ARMED", "TELEOP", "SWEEP", "CONTACT"])
def test_after_any_three_that_do_something_a_sweep_stops_over_a_find(state):
    """Where nothing is armed the first of three is `arm`, and then it is two."""
    assert tried(state, USB, 3, acting) >= 300
