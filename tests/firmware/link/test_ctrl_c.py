"""In SAFE a Ctrl-C leads to MicroPython's prompt if a person or a tool said it, never as a byte of spoilt data."""

import random

import pytest
from bench import ARMED, STOPPED, Bench, Port

from sapper.link.link import NO_PROMPT, Link
from sapper.shared.limits import CTRL_C_ALONE_MS, TICK_MS

pytestmark = pytest.mark.unit

USB = 0
ALONE = CTRL_C_ALONE_MS // TICK_MS


class Safe:
    """A USB link in SAFE."""

    def __init__(self):
        self.port = Port()
        self.link = Link(USB, self.port, True)
        self.link.interruptible(True)
        self.lines = []

    def run(self, ticks):
        """The tick in which the prompt is asked for, or None. `lines`: what was read."""
        for tick in range(ticks):
            try:
                line = self.link.read_line()
            except KeyboardInterrupt:
                return tick
            if line is not None:
                self.lines.append(line)
        return None


@pytest.mark.parametrize("keys", [b"\x03", b"\x03\x03", b"\r\x03", b"\r\x03\x03", b"\r\n\x03"])
def test_a_ctrl_c_with_silence_around_it_leads_to_the_prompt(keys):
    safe = Safe()
    safe.port.waiting = keys
    assert safe.run(2 * ALONE) == ALONE


@pytest.mark.parametrize("behind", [b"\r\x01", b"\r\x01\x04", b"\x01", b"\x02", b"\x04"])
@pytest.mark.parametrize("later_ticks", range(ALONE))
def test_what_a_tool_sends_behind_it_is_left_for_the_prompt(behind, later_ticks):
    safe = Safe()
    safe.port.waiting = b"\r\x03"
    assert safe.run(later_ticks) is None
    safe.port.waiting += behind
    assert safe.run(2 * ALONE) is not None
    assert safe.port.waiting == behind


@pytest.mark.parametrize(
    "spoilt", [b"\x03x", b"S\x00\x03\x03\x11\x91", b"x\x03", b"\r\x03S", b"\x03\x80", b"\x03\x03\xff"]
)
def test_one_inside_other_bytes_is_not_meant_and_its_line_is_dropped(spoilt):
    safe = Safe()
    safe.port.waiting = spoilt
    assert safe.run(2) is None
    safe.port.waiting += b"\nstatus\n"
    assert safe.run(5 * ALONE) is None
    assert safe.lines[-1] == "status"
    assert b"err malformed" in safe.port.sent or safe.link._answers


def test_one_that_ends_spoilt_data_is_not_meant():
    safe = Safe()
    safe.port.waiting = b"\x80\x81\x82"
    assert safe.run(1) is None
    safe.port.waiting += b"\x03"
    assert safe.run(5 * ALONE) is None


def test_a_rest_of_an_update_never_leads_to_the_prompt():
    """What a host goes on to send of sectors, from any byte on, in any shares."""
    random.seed(5)
    for _ in range(300):
        safe = Safe()
        data = random.randbytes(200)
        if not data[:3].strip(b"\r\n\x01\x02\x03\x04"):
            continue  # three such bytes at its start: one in 75,000
        while data:
            count = random.randrange(4, 64)
            safe.port.waiting += data[:count]
            data = data[count:]
            assert safe.run(1) is None
        safe.port.waiting += b"\n"
        assert safe.run(5 * ALONE) is None


def test_a_stop_from_safe_keeps_its_reason_against_ctrl_c():
    bench = Bench()
    bench.say("stop")
    assert bench.app.state == STOPPED
    bench.ports[USB].waiting = b"\r\x03\x03"
    bench.tick(3 * ALONE)  # raises KeyboardInterrupt where it leads to the prompt
    assert bench.app.state == STOPPED and bench.ports[USB].interrupts is False


def test_one_that_is_weighed_while_somebody_arms_is_a_stop():
    bench = Bench()
    bench.ports[USB].waiting = b"\x03"
    bench.tick(2)
    bench.app.raise_event("cmd_arm")  # as by the radio
    assert bench.app.state == ARMED
    bench.tick(2)
    assert bench.app.state == STOPPED


@pytest.mark.parametrize("before", [b"", b"\n", b"status\nversion\n"], ids=len)
@pytest.mark.parametrize("later_ticks", range(4))
def test_one_right_behind_the_code_that_arms_is_a_stop(before, later_ticks):
    bench = Bench()
    bench.board.inputs.key = 1
    bench.tick(50)
    code = bench.last("arm")[8:12].encode()
    bench.ports[USB].waiting = before + b"arm " + code + b"\n"
    if not later_ticks:
        bench.ports[USB].waiting += b"\x03"
    bench.tick(max(1, later_ticks))
    if later_ticks:
        bench.ports[USB].waiting += b"\x03"
    bench.tick(8)
    assert [event["to"] for event in bench.told("state")] == ["ARMED", "STOPPED"]
    assert bench.last("disarm") == "ok state=SAFE"


def test_one_behind_lines_that_do_not_arm_spoils_its_own_line_alone():
    safe = Safe()
    safe.port.waiting = b"status\nversion\n\x03"
    assert safe.run(3) is None
    safe.port.waiting += b"x\nstatus\n"
    assert safe.run(5 * ALONE) is None
    assert safe.lines == ["status", "version", "status"]


@pytest.mark.parametrize("state", [ARMED, STOPPED])
def test_a_tool_that_asks_for_the_prompt_where_there_is_none_is_told_what_to_do(state):
    bench = Bench().to(ARMED)
    if state == STOPPED:
        bench.say("stop")
    bench.ports[USB].sent = b""
    bench.ports[USB].waiting = b"\r\x03\r\x01"
    bench.tick(10)
    assert bench.app.state == STOPPED  # Ctrl-C is a stop
    assert NO_PROMPT.encode() in bench.ports[USB].sent


def test_whoever_asks_whether_a_raw_prompt_is_there_spoils_no_line():
    for on in (True, False):
        port = Port()
        link = Link(USB, port, True)
        link.interruptible(on)
        port.waiting = b"\x02status\n"
        assert link.read_line() == "status"
        port.waiting = b"dis\x02arm\n"
        assert link.read_line() is None and link.read_line() is None
