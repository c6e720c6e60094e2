"""Situations of the team's key, with which updates are signed, and of a board's radio key while it is provisioned."""

from __future__ import annotations

from sapper.crypto.keys import to_hex
from sapper_host.update import compiling, team_key
from tests.host.memory_board import BOARD
from tests.host.remedies.of_keys import KEY, OTHER, exported, phrased
from tests.host.remedies.stage import Stage
from tests.host.remedies.table import situation
from tests.host.update.test_bundle import compiled


def _quick_to_build(at: Stage) -> None:
    """What is compiled for a bundle is made up."""
    made = compiled(at.folder)
    at.patch.setattr(compiling, "compiled", lambda: made)


@situation("verbs/teamkey.py: you have no team key")
def a_team_key_that_is_not_here(at: Stage) -> None:
    """The remedy's first command is another laptop's, its last is for a team that has no key."""
    board = at.board()
    at.laptop("this")
    work = ("teamkey", "--port", board.port)
    remedy = at.fails("verbs/teamkey.py: you have no team key", *work)
    at.laptop("another").save(BOARD, KEY)
    key = team_key.create(team_key.default_path())
    file = at.folder / "team.keys"
    at.obeys(remedy, *phrased(at), FILE=file)
    at.laptop("this")
    at.obeys(remedy, *phrased(at), which=1, FILE=file)
    at.works(*work)
    assert board.flash.team_key == key
    at.laptop("a third")
    _quick_to_build(at)
    at.obeys(remedy, at.folder / "b.sapper", which=2)
    assert team_key.load_default() not in (None, key)


@situation("verbs/teamkey.py: --remove puts no key in")
def a_team_key_to_remove_and_to_put_in(at: Stage) -> None:
    board = at.board()
    file = at.file("team.key", to_hex(KEY) + "\n")
    work = ("teamkey", "--port", board.port)
    at.works(*work, file)
    remedy = at.fails("verbs/teamkey.py: --remove puts no key in", *work, file, "--remove")
    assert remedy == "leave the file away; --old-key names the board's"
    at.works(*work, "--remove", "--old-key", file)
    assert board.flash.team_key == b""


@situation("board/radio_key.py: the board holds another team key ({}), which has to prove the change")
def a_team_key_in_place_of_another(at: Stage) -> None:
    board = at.board()
    old, new = at.file("old.key", to_hex(KEY)), at.file("new.key", to_hex(OTHER))
    work = ("teamkey", new, "--port", board.port)
    at.works("teamkey", old, "--port", board.port)
    name = "board/radio_key.py: the board holds another team key ({}), which has to prove the change"
    remedy = at.fails(name, *work)
    assert remedy.startswith("name its file with --old-key")
    at.works(*work, "--old-key", old)
    assert board.flash.team_key == OTHER


@situation("update/team_key.py: {} is there already")
def a_second_team_key(at: Stage) -> None:
    at.laptop("this")
    _quick_to_build(at)
    work = ("bundle", at.folder / "b.sapper", "--new-key")
    at.works(*work)
    first = team_key.load_default()
    remedy = at.fails("update/team_key.py: {} is there already", *work)
    assert remedy.endswith("keep it, or move it away") and team_key.load_default() == first
    team_key.default_path().rename(at.folder / "away.key")
    at.works(*work)
    assert team_key.load_default() != first


@situation("provision/provision.py: the board has a radio key that this laptop does not hold ({})")
def a_board_to_provision_with_another_laptops_key(at: Stage) -> None:
    board = at.board()
    board.say("key " + KEY.hex())
    at.laptop("this")
    work = ("provision", "--name", "rover-7", "--port", board.port, "--record", at.folder / "records")
    remedy = at.fails("provision/provision.py: the board has a radio key that this laptop does not hold ({})", *work)
    at.obeys(remedy, *phrased(at), FILE=exported(at))
    _, _, err = at.types(*work)
    assert board.flash.name == "rover-7" and board.flash.key == KEY, err


@situation("provision/provision.py: this port is the board's radio")
def provisioning_over_the_radio(at: Stage) -> None:
    board = at.board(port_name="radio")
    work = ("provision", "--name", "rover-7", "--record", at.folder / "records", "--port")
    remedy = at.fails("provision/provision.py: this port is the board's radio", *work, board.port)
    assert remedy.startswith("provision over USB")
    _, _, err = at.types(*work, at.board(flash=board.flash).port)
    assert board.flash.name == "rover-7", err
