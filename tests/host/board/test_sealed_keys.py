"""Keys in a file that a pass phrase opens: neither guessed at, nor altered, nor a burden to who opens it."""

from __future__ import annotations

import hashlib
import re
import time

import pytest

from sapper_host.board import sealed_keys
from tests.host.memory_board import BOARD

pytestmark = pytest.mark.unit

KEY = bytes(range(32))
PHRASE = "four words and a number 7"


@pytest.fixture(autouse=True)
def quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less work to open a file, but where that is what is tested."""
    if "slow_to_guess" not in request.node.name:
        monkeypatch.setattr(sealed_keys, "_LOG2_N", sealed_keys._LOG2_N_LEAST)


def test_what_an_attacker_seals_anew_is_refused() -> None:
    """A file that is whole, but was not made with the pass phrase: its checksum is right, its seal is not."""
    text = sealed_keys.seal({BOARD: KEY}, PHRASE)
    name, value = re.search(r"^(sealed) (\S+)$", text, re.MULTILINE).groups()  # type: ignore[union-attr]
    altered = text.replace(value, ("A" if value[0] != "A" else "B") + value[1:])
    with pytest.raises(sealed_keys.WrongPassPhraseError):
        sealed_keys.unseal(summed(altered), PHRASE)
    assert sealed_keys.unseal(summed(text), PHRASE) == {BOARD: KEY}, "or the sum here is not the format's"


def summed(text: str) -> str:
    body = text[: text.index("sha256 ")]
    return f"{body}sha256 {hashlib.sha256(body.encode()).hexdigest()}\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scrypt 14 8 1", "scrypt 30 8 1"),
        ("scrypt 14 8 1", "scrypt 14 999999 1"),
        ("scrypt 14 8 1", "scrypt 14 8 99999999"),
        ("scrypt 14 8 1", "scrypt 1 8 1"),
        ("scrypt 14 8 1", "scrypt 99999999999999999999 8 1"),
        ("sapper keys 1", "sapper keys 2"),
        ("aes-256-gcm", "none"),
    ],
)
def test_a_hostile_files_parameters_take_neither_memory_nor_time(old: str, new: str) -> None:
    text = sealed_keys.seal({BOARD: KEY}, PHRASE)
    assert old in text
    begin = time.process_time()
    with pytest.raises(sealed_keys.KeysFileError):
        sealed_keys.unseal(summed(text.replace(old, new)), PHRASE)
    assert time.process_time() - begin < 0.1


def test_a_file_is_slow_to_guess_at_and_opens_all_the_same() -> None:
    text = sealed_keys.seal({BOARD: KEY}, PHRASE)
    assert "scrypt 17 8 1 " in text
    begin = time.process_time()
    assert sealed_keys.unseal(text, PHRASE) == {BOARD: KEY}
    assert time.process_time() - begin > 0.05


def test_two_exports_of_one_key_have_nothing_in_common() -> None:
    one, two = (sealed_keys.seal({BOARD: KEY}, PHRASE).splitlines() for _ in range(2))
    assert len(set(one) & set(two)) == 1, "the format's own line alone"
