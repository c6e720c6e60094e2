"""A code arms once, for a while, on its link; it and each boot's nonce are the board's random bytes."""

import os

import pytest
from bench import Bench
from operators import RADIO, USB, two

from sapper.safety.arming import Arming
from sapper.safety.supervisor import ARMED, SAFE
from sapper.shared.events import PORTS

pytestmark = pytest.mark.unit

ports = pytest.mark.parametrize("port", [USB, RADIO], ids=PORTS)


def code_of(bench):
    return bench.last("arm")[8:12]


def ready():
    """A board that could be armed."""
    bench = Bench()
    bench.board.inputs.key = 1
    bench.tick(5)
    return bench


def test_a_code_is_the_boards_random_bytes_all_of_them(monkeypatch):
    bench = ready()
    asked = []
    for given in (b"\x00\x00\x00", b"\x00\x00\x07", b"\x01\x02\x03", b"\xff\xff\xff", b"\x00\x27\x0f", b"\x00\x27\x10"):
        monkeypatch.setattr(os, "urandom", lambda count, given=given: asked.append(count) or given)
        assert code_of(bench) == f"{int.from_bytes(given, 'big') % 10_000:04d}"
    assert asked == [3] * 6


def test_codes_differ_and_every_digit_comes_in_every_place():
    """By chance alone a right board fails this once in 10**7 runs or less."""
    bench = ready()
    codes = [code_of(bench) for _ in range(200)]
    assert len(set(codes)) > 170
    assert all({code[place] for code in codes} == set("0123456789") for place in range(4))
    other = ready()
    assert [code_of(other) for _ in range(5)] != codes[:5]


def test_a_code_is_good_until_its_time_is_over_and_not_a_tick_longer():
    for ticks, answer in ((99, "ok state=ARMED"), (100, "err code")):
        bench = ready()
        bench.say("set arm_code_ms 1000")
        bench.say("arm", ticks=1)
        code = bench.app.arming._code
        bench.tick(ticks - 1)
        assert bench.last("arm " + code, ticks=1).startswith(answer), ticks
        assert bench.app.state == (ARMED if ticks == 99 else SAFE)


def test_a_code_is_good_to_its_last_millisecond():
    arming = Arming()
    code = arming.offer(USB, 7, 1000)
    arming.elapse(999)
    assert arming.pending()
    arming.elapse(1)
    assert not arming.pending() and not arming.confirm(USB, code)


def test_a_code_is_spent_by_the_right_answer_by_a_wrong_one_and_by_a_newer_code():
    bench = ready()
    code = code_of(bench)
    assert bench.last("arm " + code) == "ok state=ARMED"
    bench.say("disarm")
    assert bench.last("arm " + code).startswith("err code"), "used once"
    code = code_of(bench)
    assert bench.last("arm " + f"{(int(code) + 1) % 10_000:04d}").startswith("err code")
    assert bench.last("arm " + code).startswith("err code"), "spent by the wrong one"
    code, newer = code_of(bench), code_of(bench)
    while newer == code:
        newer = code_of(bench)
    assert bench.last("arm " + code).startswith("err code"), "a newer one took its place"
    assert bench.app.state == SAFE


@ports
def test_a_code_arms_on_the_link_it_was_given_to_alone(port):
    mine, others = two(port)
    code = mine.last("arm")[8:12]
    assert others.last("arm " + code).startswith("err code")
    assert mine.last("arm " + code).startswith("err code"), "spent"
    assert mine.bench.app.state == SAFE and mine.bench.still()


def test_each_boot_has_a_nonce_of_its_own_of_16_random_bytes(monkeypatch):
    nonces = [Bench().app.gate.nonce for _ in range(20)]
    assert len(set(nonces)) == 20 and {len(nonce) for nonce in nonces} == {16}
    for place in range(16):
        assert len({nonce[place] for nonce in nonces}) > 5, "a byte that hardly changes"
    monkeypatch.setattr(os, "urandom", lambda count: bytes(range(count)))
    bench = Bench()
    assert bench.app.gate.nonce == bytes(range(16))
    assert bench.last("nonce").startswith("ok nonce=000102030405060708090a0b0c0d0e0f counter=0 ")
