"""Situations of `sapper key`: keys in files, under pass phrases, brought from one laptop to another."""

from __future__ import annotations

from pathlib import Path

from sapper.crypto.keys import key_id
from sapper_host.board import sealed_keys
from sapper_host.update import team_key
from tests.host.memory_board import BOARD
from tests.host.remedies.stage import Stage
from tests.host.remedies.table import situation

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
PHRASE = "four words and a number 7"


def phrased(at: Stage) -> tuple[str, Path]:
    """The option that says the pass phrase, and less work to open what it sealed."""
    at.patch.setattr(sealed_keys, "_LOG2_N", sealed_keys._LOG2_N_LEAST)
    return "--pass-phrase-file", at.file("phrase", PHRASE + "\n")


def exported(at: Stage, key: bytes = KEY) -> Path:
    """A file that another laptop made."""
    at.laptop("another").save(BOARD, key)
    file = at.folder / "team.keys"
    at.works("key", "export", file, *phrased(at))
    at.laptop("this")
    return file


@situation("board/radio_key.py: board {} and this laptop share radio key {} already")
def a_key_that_is_there_already(at: Stage) -> None:
    board = at.board()
    at.works("key", "--port", board.port)
    older = board.flash.key
    name = "board/radio_key.py: board {} and this laptop share radio key {} already"
    remedy = at.fails(name, "key", "--port", board.port)
    assert remedy.startswith("nothing is to be done") and board.flash.key == older
    at.obeys(remedy, "--port", board.port)
    assert board.flash.key != older


@situation("board/radio_key.py: board {} has another radio key ({}) than this laptop ({})")
def a_key_that_another_laptop_has(at: Stage) -> None:
    board = at.board()
    board.say("key " + KEY.hex())
    at.laptop("this").save(BOARD, OTHER)
    name = "board/radio_key.py: board {} has another radio key ({}) than this laptop ({})"
    remedy = at.fails(name, "key", "--port", board.port)
    at.laptop("another").save(BOARD, KEY)
    file = at.folder / "team.keys"
    at.obeys(remedy, *phrased(at), FILE=file)
    at.laptop("this")
    at.obeys(remedy, "--replace", *phrased(at), which=1, FILE=file)
    assert "the same" in at.obeys(remedy, "--port", board.port, which=2)


@situation("board/key_store.py: '{}' is no board's number")
def an_export_of_a_board_by_its_name(at: Stage) -> None:
    at.laptop("this").save(BOARD, KEY)
    work = ("key", "export", at.folder / "f", *phrased(at), "--board")
    remedy = at.fails("board/key_store.py: '{}' is no board's number", *work, "rover-7")
    assert remedy.startswith("`version` gives it")
    told = at.works("console", "--port", at.board().port, keyboard="version\n")
    at.works(*work, told.split("board=")[1].split()[0])


@situation("board/key_store.py: {} holds no key")
def a_key_that_is_spoilt(at: Stage) -> None:
    store = at.laptop("this")
    store.save(BOARD, KEY).write_text("half a k")
    work = ("key", "export", at.folder / "f", *phrased(at))
    remedy = at.fails("board/key_store.py: {} holds no key", *work)
    at.obeys(remedy, *phrased(at), FILE=exported(at))
    assert store.kept(BOARD)[0].read_text() == "half a k", "nor is what is left of it lost"
    at.works(*work)


@situation("board/key_store.py: {} cannot be read ({})")
def a_key_that_is_no_text(at: Stage) -> None:
    at.laptop("this").save(BOARD, KEY).write_bytes(b"\xff" * 64)
    work = ("key", "export", at.folder / "f", *phrased(at))
    remedy = at.fails("board/key_store.py: {} cannot be read ({})", *work)
    at.obeys(remedy, *phrased(at), FILE=exported(at))
    at.works(*work)


@situation("verbs/key.py: this laptop has no radio key for board {}")
def an_export_of_a_board_without_a_key(at: Stage) -> None:
    at.laptop("this").save(BOARD, KEY)
    work = ("key", "export", at.folder / "f", *phrased(at), "--board")
    remedy = at.fails("verbs/key.py: this laptop has no radio key for board {}", *work, "0" * 16)
    assert BOARD in at.obeys(remedy)
    at.works(*work, BOARD)


@situation("verbs/key.py: this laptop has no radio key to export")
def an_export_where_there_is_no_key(at: Stage) -> None:
    at.laptop("this")
    work = ("key", "export", at.folder / "f", *phrased(at))
    remedy = at.fails("verbs/key.py: this laptop has no radio key to export", *work)
    assert remedy == "export on a laptop that drives the boards"
    at.laptop("another").save(BOARD, KEY)
    at.works(*work)


@situation("verbs/key.py: you have no team key")
def an_export_of_a_team_key_that_is_not_there(at: Stage) -> None:
    at.laptop("this").save(BOARD, KEY)
    work = ("key", "export", at.folder / "f", *phrased(at))
    remedy = at.fails("verbs/key.py: you have no team key", *work, "--team-key")
    assert remedy == "leave --team-key away, or export on a laptop that has it"
    at.works(*work)
    at.laptop("another")
    team_key.create(team_key.default_path())
    at.works("key", "export", at.folder / "g", *phrased(at), "--team-key")


@situation("verbs/key.py: {} is there already")
def an_export_over_a_file(at: Stage) -> None:
    at.laptop("this").save(BOARD, KEY)
    there = at.file("f", "mine")
    remedy = at.fails("verbs/key.py: {} is there already", "key", "export", there, *phrased(at))
    assert remedy.startswith("name another file") and there.read_text() == "mine"
    at.works("key", "export", at.folder / "g", *phrased(at))


@situation("board/sealed_keys.py: {} keys are too many for one file")
def an_export_of_a_thousand_keys(at: Stage) -> None:
    store = at.laptop("this")
    store.save(BOARD, KEY)
    for number in range(1000):
        store.path(f"{number:016x}").write_text(KEY.hex())
    work = ("key", "export", at.folder / "f", *phrased(at))
    remedy = at.fails("board/sealed_keys.py: {} keys are too many for one file", *work)
    assert remedy == "choose some with --board"
    at.works(*work, "--board", BOARD)


@situation("verbs/key.py: this laptop has another key of {}")
def an_import_over_another_key(at: Stage) -> None:
    work = ("key", "import", exported(at), *phrased(at))
    store = at.laptop("this")
    store.save(BOARD, OTHER)
    remedy = at.fails("verbs/key.py: this laptop has another key of {}", *work)
    assert key_id(OTHER) in at.obeys(remedy) and "--replace" in remedy and store.load(BOARD) == OTHER
    at.works(*work, "--replace")
    assert store.load(BOARD) == KEY and store.kept(BOARD)


@situation("board/sealed_keys.py: {} cannot be read ({})")
def an_import_of_a_file_that_is_not_there(at: Stage) -> None:
    remedy = at.fails("board/sealed_keys.py: {} cannot be read ({})", "key", "import", at.folder / "f", *phrased(at))
    assert remedy == "name the file"
    at.works("key", "import", exported(at), *phrased(at))


@situation("board/sealed_keys.py: it is none of `sapper key export`, or not all of it")
def an_import_of_half_a_file(at: Stage) -> None:
    file = exported(at)
    whole = file.read_text()
    file.write_text(whole[:-9])
    name = "board/sealed_keys.py: it is none of `sapper key export`, or not all of it"
    remedy = at.fails(name, "key", "import", file, *phrased(at))
    assert remedy == "fetch it again, or export it again"
    file.unlink()
    at.works("key", "import", exported(at), *phrased(at))


@situation("board/sealed_keys.py: WrongPassPhraseError()")
def an_import_with_another_pass_phrase(at: Stage) -> None:
    work = ("key", "import", exported(at))
    at.asked("four words and a number 8")
    remedy = at.fails("board/sealed_keys.py: WrongPassPhraseError()", *work)
    assert remedy == "type it again; nothing was changed"
    at.asked(PHRASE)
    at.works(*work)


@situation("verbs/key.py: standard input cannot be file and pass phrase")
def an_import_of_both_from_standard_input(at: Stage) -> None:
    file = exported(at)
    name = "verbs/key.py: standard input cannot be file and pass phrase"
    remedy = at.fails(name, "key", "import", "-", "--pass-phrase-file", "-")
    assert remedy == "name one of them"
    at.works("key", "import", file, *phrased(at))


@situation("verbs/pass_phrase.py: a pass phrase has at least {} characters")
def a_pass_phrase_that_is_short(at: Stage) -> None:
    _export_asks(at, "verbs/pass_phrase.py: a pass phrase has at least {} characters", "sapper")


@situation("verbs/pass_phrase.py: twice is not the same")
def a_pass_phrase_that_is_mistyped(at: Stage) -> None:
    assert _export_asks(at, "verbs/pass_phrase.py: twice is not the same", PHRASE, PHRASE + "7") == "type it again"


def _export_asks(at: Stage, site: str, *answers: str) -> str:
    phrased(at)
    at.laptop("this").save(BOARD, KEY)
    work = ("key", "export", at.folder / "f")
    at.asked(*answers)
    remedy = at.fails(site, *work)
    at.asked("some words that nobody guesses", "some words that nobody guesses")
    at.works(*work)
    return remedy


@situation("verbs/pass_phrase.py: there is no terminal to ask for the pass phrase on")
def a_pass_phrase_that_nobody_is_there_to_type(at: Stage) -> None:
    work = ("key", "import", exported(at))
    at.asked()
    remedy = at.fails("verbs/pass_phrase.py: there is no terminal to ask for the pass phrase on", *work)
    assert remedy == "name its file: --pass-phrase-file"
    at.works(*work, *phrased(at))


@situation("verbs/pass_phrase.py: {} cannot be read ({})")
def a_pass_phrase_in_a_file_that_is_not_there(at: Stage) -> None:
    work = ("key", "import", exported(at), "--pass-phrase-file")
    remedy = at.fails("verbs/pass_phrase.py: {} cannot be read ({})", *work, at.folder / "frase")
    assert remedy == "name the pass phrase's file"
    at.works(*work, at.folder / "phrase")
