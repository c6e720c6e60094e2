"""Situations of a board's radio: what it takes signed only, with which key, and what over USB only."""

from __future__ import annotations

from sapper.storage import key_file
from sapper_host.update import compiling
from tests.host.memory_board import BOARD, Flash, MemoryBoard
from tests.host.remedies.of_keys import KEY, OTHER, exported, phrased
from tests.host.remedies.stage import Stage
from tests.host.remedies.table import situation
from tests.host.update.test_bundle import compiled as made_up_modules

SIGNED = "board/line_signer.py: '{}' is not sent: it has to be signed, and {}"
SET = ("settings", "set", "sweep_mm_s=250", "--port")


def _by_radio(at: Stage, key: bytes | None = KEY) -> MemoryBoard:
    """A board behind its radio."""
    return at.board(flash=Flash({key_file.RADIO.path: key.hex().encode()} if key else {}), port_name="radio")


def _key_is_brought(at: Stage, remedy: str, board: MemoryBoard, *more: str) -> None:
    """Of the commands of the remedy the first is another laptop's."""
    file = exported(at)
    at.obeys(remedy, *more, *phrased(at), which=1, FILE=file)
    at.works(*SET, board.port)
    assert board.settings.get("sweep_mm_s") == 250


@situation("board/signing.py: this laptop has no radio key for board {}", SIGNED)
def a_radio_without_a_key_here(at: Stage) -> None:
    at.laptop("this")
    board = _by_radio(at)
    for site in ("board/signing.py: this laptop has no radio key for board {}", SIGNED):
        remedy = at.fails(site, *SET, board.port)
    _key_is_brought(at, remedy, board)


@situation("board/signing.py: the board has another radio key ({}) than this laptop ({})")
def a_radio_with_another_key_here(at: Stage) -> None:
    at.laptop("this").save(BOARD, OTHER)
    board = _by_radio(at)
    name = "board/signing.py: the board has another radio key ({}) than this laptop ({})"
    remedy = at.fails(name, *SET, board.port)
    _key_is_brought(at, remedy, board, "--replace")


@situation("board/signing.py: WatchOnlyError(error.message, error.remedy)")
def a_radio_with_a_spoilt_key_here(at: Stage) -> None:
    at.laptop("this").save(BOARD, KEY).write_text("half a k")
    board = _by_radio(at)
    remedy = at.fails("board/signing.py: WatchOnlyError(error.message, error.remedy)", *SET, board.port)
    at.obeys(remedy, *phrased(at), FILE=exported(at))
    at.works(*SET, board.port)


@situation("board/signing.py: the board has no radio key")
def a_radio_that_lost_its_key(at: Stage) -> None:
    at.laptop("this").save(BOARD, KEY)
    board = _by_radio(at, None)
    remedy = at.fails("board/signing.py: the board has no radio key", *SET, board.port)
    at.obeys(remedy, "--port", at.board(flash=board.flash).port)
    at.works(*SET, at.board(flash=board.flash, port_name="radio").port)


@situation("board/line_signer.py: '{}' is not sent: it is taken over USB only")
def a_new_key_over_the_radio(at: Stage) -> None:
    at.laptop("this").save(BOARD, KEY)
    board = _by_radio(at)
    name = "board/line_signer.py: '{}' is not sent: it is taken over USB only"
    assert at.fails(name, "key", "--replace", "--port", board.port) == "plug it in over USB"
    at.works("key", "--replace", "--port", at.board(flash=board.flash).port)
    assert board.flash.key != KEY


@situation("update/update.py: this port is the board's radio")
def an_update_over_the_radio(at: Stage) -> None:
    board = _by_radio(at)
    name = "update/update.py: this port is the board's radio"
    at.patch.setattr(compiling, "compiled", lambda: made_up_modules(at.folder))
    assert "plug it in: updates go over USB only" in at.fails(name, "update", "--build", "--port", board.port)
    by_usb = at.board(flash=board.flash)
    # Over USB the board is asked, and what is made up here does not fit it.
    other = "update/update.py: the bundle is made for another {} than the board has"
    at.fails(other, "update", "--build", "--port", by_usb.port)
