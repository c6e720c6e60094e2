"""The team's key: whatever power, flash or operator do, a board that had one takes no unsigned updates."""

import pytest
from flash_chip import Chip, PowerGone, board_modules
from hypothesis import given
from hypothesis import strategies as st

from sapper.crypto.team_proof import proof
from sapper.storage import key_file, team_key, two_copies
from sapper.storage.team_key import NO_KEY, SPOILT, TeamKey

pytestmark = pytest.mark.unit

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setattr(team_key._FILE, "path", str(tmp_path / "team.key"))
    chip = Chip()
    _, made = board_modules(monkeypatch, chip, tmp_path)
    made.chip = chip
    return made


def started(places):
    """The key as a start finds it."""
    key = TeamKey(places)
    key.load()
    return key


def test_a_new_board_has_none_and_what_is_kept_is_there_after_a_start(places):
    assert started(places).key == NO_KEY
    for key in (KEY, OTHER, NO_KEY, KEY):
        started(places).save(key)
        assert started(places).key == key


def test_board_and_application_read_pages_of_one_size(places):
    assert places.PAGE_BYTES == two_copies.COPY_BYTES


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize(("old", "new"), [(KEY, OTHER), (KEY, NO_KEY), (NO_KEY, KEY)])
def test_a_cut_at_every_operation_leaves_the_old_key_or_the_new_one(places, old, new, half):
    chip = places.chip
    started(places).save(old)
    before = bytes(chip.data)
    first = chip.operations
    started(places).save(new)
    found = set()
    for cut in range(chip.operations - first):
        chip.data[:] = before
        chip.operations, chip.cut = 0, (cut, half)
        with pytest.raises(PowerGone):
            started(places).save(new)
        chip.cut = None
        found.add(started(places).key)
        assert started(places).key in (old, new)
        started(places).save(new)
        assert started(places).key == new
    assert found == {old, new}


def test_a_cut_while_the_first_key_goes_in_leaves_none_of_before_or_refuses_until_it_is_put_in_again(places):
    for half in (False, True):
        for cut in range(4):
            places.chip.data[:] = b"\xff" * len(places.chip.data)
            places.chip.operations, places.chip.cut = 0, (cut, half)
            with pytest.raises(PowerGone):
                started(places).save(KEY)
            places.chip.cut = None
            assert started(places).key in (NO_KEY, SPOILT, KEY)
            started(places).save(KEY)
            assert started(places).key == KEY


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("damage", [b"", b"\0" * 256, b"\xff" * 256, b"sapper-kept 1 9 none 00000000\n"])
def test_one_spoilt_copy_costs_nothing_and_is_mended_at_the_next_start(places, place, damage):
    started(places).save(NO_KEY)
    started(places).save(KEY)
    whole = places.read(1 - place)
    places.write(place, (damage + whole[len(damage) :])[:256] if damage else whole[:-1] + b"\0")
    assert started(places).key == KEY
    assert places.read(place) == whole == places.read(1 - place)


@given(st.binary(min_size=256, max_size=256), st.binary(min_size=256, max_size=256))
def test_any_bytes_are_no_key_only_when_both_places_are_blank(one, other):
    blank = b"\xff" * two_copies.COPY_BYTES
    for pages in ([one, other], [blank, other], [one, blank]):
        assert two_copies.newest(pages) == (0, "" if pages == [blank, blank] else SPOILT)
    assert two_copies.newest([blank, blank]) == (0, "")


@given(st.integers(0, 255), st.integers(1, 255))
def test_a_copy_with_any_byte_changed_is_not_whole(at, flip):
    raw = bytearray(two_copies.copy_of(7, KEY.hex()))
    raw[at] ^= flip
    assert two_copies.parse(bytes(raw)) is None


def test_a_word_that_is_no_key_counts_as_spoilt(places):
    for place in (0, 1):
        places.write(place, two_copies.copy_of(3, "abc"))
    assert started(places).key is SPOILT and started(places).id == "spoilt"


def test_both_copies_spoilt_is_no_open_board_and_a_key_put_in_mends_it(places):
    started(places).save(KEY)
    for place in (0, 1):
        places.write(place, bytes(256))
    key = started(places)
    assert key.key is SPOILT
    key.save(OTHER)
    assert started(places).key == OTHER


def test_a_flash_that_does_not_keep_it_is_told(places):
    key = TeamKey(places)
    key.load()
    places.chip.program = lambda *_: None
    with pytest.raises(OSError, match="does not keep"):
        key.save(KEY)
    assert key.key != KEY


@pytest.mark.parametrize(
    ("content", "key"),
    [(KEY.hex(), KEY), ("", NO_KEY), (None, NO_KEY), ("half a k", SPOILT), (KEY.hex()[:-1], SPOILT), ("\xff", SPOILT)],
)
def test_the_file_that_held_it_before_is_taken_over_and_a_spoilt_one_refuses(places, content, key):
    if content is not None:
        with open(team_key._FILE.path, "w", encoding="latin-1") as file:
            file.write(content)
    assert started(places).key == key
    assert started(places).key == key, "and after another start"


def test_a_proof_is_for_one_change_on_one_boot_under_one_key():
    nonce = bytes(16)
    proofs = {
        proof(KEY, nonce, "none"),
        proof(OTHER, nonce, "none"),
        proof(KEY, b"x" * 16, "none"),
        proof(KEY, nonce, OTHER.hex()),
    }
    assert len(proofs) == 4 and all(len(each) == 64 for each in proofs)


@pytest.mark.parametrize("content", ["", "half", KEY.hex()[:-1], KEY.hex() + "0" * 70, "\0" * 64])
def test_a_spoilt_radio_key_closes_the_radio_and_says_so(tmp_path, content):
    file = key_file.KeyFile(str(tmp_path / "radio.key"))
    (tmp_path / "radio.key").write_text(content)
    assert file.load() == b"" and file.spoilt == (content != "")
