"""What an update's trailer says of it: signed in all of its bytes and for updates alone, not older than what runs."""

import pytest
from flash_slot import FlashSlot
from test_receiver import IMAGE, KEY, bundle_of, clock, messages, receive, trailer_of

from sapper.update.trailer import TrailerError, check, is_older
from sapper_host.update.bundle import Bundle

pytestmark = pytest.mark.unit
assert clock  # a fixture, for all of these as well

OLDER = [
    (("1.2.3", 100), ("1.2.3", 100), False),
    (("1.2.3", 99), ("1.2.3", 100), True),
    (("1.2.3", 0), ("1.2.3", 100), False),
    (("1.2.3", 99), ("1.2.3", 0), False),
    (("1.2.2", 200), ("1.2.3", 100), True),
    (("1.10.0", 50), ("1.9.9", 100), False),
    (("1.9.9", 200), ("1.10", 100), True),
    (("2", 1), ("1.9.9", 100), False),
    (("1.2", 0), ("1.2.0", 0), False),
    (("", 200), ("0.0.1", 100), True),
    (("x.y", 200), ("0.0.1", 100), True),
    (("1." + "9" * 50, 200), ("0.1", 100), True),
]


@pytest.mark.parametrize(("new", "runs", "older"), OLDER)
def test_an_older_update_is_refused_by_the_board_unless_it_is_allowed(new, runs, older):
    assert is_older(*new, *runs) == older
    trailer = trailer_of(IMAGE, KEY, version=new[0], made=new[1])
    data = b"".join(messages(Bundle(IMAGE, trailer, {}, ())))
    lines, pointed = receive(data, FlashSlot(), KEY, runs=runs)
    assert pointed != older and lines[-1].startswith("err older: " if older else "ok ")
    assert receive(data, FlashSlot(), KEY, runs=None)[1], "and taken when it is allowed"


@pytest.mark.parametrize("made", ["", "-1", "x", "1e9", "9" * 30, "1_000"])
def test_a_time_that_is_none_is_unknown(made):
    assert receive(
        b"".join(messages(Bundle(IMAGE, trailer_of(IMAGE, made=made), {}, ()))), FlashSlot(), runs=("9", 100)
    )[1]


def test_a_board_whose_team_key_is_spoilt_takes_nothing_at_all():
    for key in (KEY, None):
        lines, pointed = receive(b"".join(messages(bundle_of(IMAGE, key))), FlashSlot(), key=None)
        assert not pointed and lines[-1].startswith("err teamkey: ")


@pytest.mark.parametrize("byte", range(32))
def test_a_signature_is_compared_in_all_of_its_bytes(byte):
    trailer = bytearray(trailer_of(IMAGE, KEY))
    at = len(trailer) - 1 - 64 + 2 * byte
    trailer[at] = ord("0") if trailer[at] != ord("0") else ord("1")
    with pytest.raises(TrailerError, match="not signed with"):
        check(bytes(trailer), IMAGE, KEY)


def test_an_update_is_signed_for_updates_alone():
    """Signed with the same key for another use, it is none: here as a radio line would be, without the use's name."""
    import hashlib
    import hmac

    unsigned = trailer_of(IMAGE)[: -len(b"mac=none\n")]
    bare = unsigned + f"mac={hmac.new(KEY, unsigned, hashlib.sha256).hexdigest()}\n".encode()
    with pytest.raises(TrailerError, match="not signed with"):
        check(bare, IMAGE, KEY)
