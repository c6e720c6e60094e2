"""Situations of `sapper update`: what there is to be put onto a board, and the state that it is in."""

from __future__ import annotations

from pathlib import Path

from sapper_host.update import at_hand, compiling, several_boards
from tests.host.remedies.stage import Stage
from tests.host.remedies.table import situation
from tests.host.update.test_at_hand import built, bundle_file
from tests.host.update.test_bundle import compiled as made_up_modules


@situation(
    "board/dialog.py: BoardError(command, answer.error_name, answer.text)",
    "update/update.py: the bundle is made for another {} than the board has",
)
def an_update_in_stopped(at: Stage) -> None:
    board = at.board()
    board.say("stop")
    at.patch.setattr(compiling, "compiled", lambda: made_up_modules(at.folder))
    work = ("update", "--build", "--port", board.port)
    told = at.fails("board/dialog.py: BoardError(command, answer.error_name, answer.text)", *work)
    assert "update is not for STOPPED" in told
    at.obeys(told, "--port", board.port)
    assert board.state == "SAFE"
    at.fails("update/update.py: the bundle is made for another {} than the board has", *work)  # it takes updates again


def _checkout(at: Stage) -> Path:
    """One that nothing was built in; what `make mpy` would build is made up, and what is found goes to no board."""
    checkout = at.folder / "checkout"
    (checkout / "firmware" / "sapper").mkdir(parents=True)
    (checkout / "firmware" / "sapper" / "part.py").write_text("PART = 1\n")
    (checkout / "build").mkdir()
    find = at_hand.find
    at.patch.setattr(at_hand, "find", lambda key: find(key, checkout, checkout / "none"))
    at.patch.setattr(compiling, "compiled", lambda: built(checkout))
    at.patch.setattr(several_boards, "update_all", lambda *_, **__: [])
    return checkout


@situation("update/at_hand.py: no update is at hand: there is none in {}")
def an_update_that_nobody_built(at: Stage) -> None:
    _checkout(at)
    work = ("update", "--port", at.board().port)
    remedy = at.fails("update/at_hand.py: no update is at hand: there is none in {}", *work)
    at.obeys(remedy, *work[1:])
    at.works(*work)


@situation("update/at_hand.py: {} was compiled from other sources than {} holds now")
def an_update_built_before_the_last_change(at: Stage) -> None:
    checkout = _checkout(at)
    built(checkout)
    (checkout / "firmware" / "sapper" / "part.py").write_text("PART = 2\n")
    work = ("update", "--port", at.board().port)
    remedy = at.fails("update/at_hand.py: {} was compiled from other sources than {} holds now", *work)
    at.obeys(remedy, *work[1:])
    at.works(*work)


@situation("verbs/update.py: --build makes a bundle, and there is one")
def a_bundle_to_build_and_one_to_take(at: Stage) -> None:
    checkout = _checkout(at)
    file = bundle_file(checkout / "build" / "new.sapper", at.folder / "scratch", 1000)
    port = at.board().port
    remedy = at.fails(
        "verbs/update.py: --build makes a bundle, and there is one", "update", file, "--build", "--port", port
    )
    assert remedy == f"leave --build or {file} away"
    at.works("update", file, "--port", port)
    at.works("update", "--build", "--port", port)
