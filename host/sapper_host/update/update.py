"""Updating one board: what it runs, what it lacks, sending that, and waiting until the update has proved itself.

    with open_board(port) as board:
        print(update(board, bundle))

Nothing on the board changes until the whole update lies verified in its idle slot; then one small file is replaced.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from sapper.update.trailer import is_older, number
from sapper_host.board.dialog import Dialog
from sapper_host.errors import BoardError, LinkError, NoAnswerError, SapperError, Status
from sapper_host.update.bundle import Bundle, BundleError
from sapper_host.update.wire import send

# What a start takes, with a trial's self-test; slow flash included.
_RESTART_S = 20.0
_ASK_S = 1.0
_TRIAL_S = 30.0
_QUIET_S = 0.05
_LOOK_S = 0.05
_REFLASH = "flash the board first: `sapper flash`"

# step, share done of that step
Progress = Callable[[str, float], None]


class Board(Protocol):
    """A board that may restart, and come back on another port."""

    @property
    def dialog(self) -> Dialog:
        """The line to it, opened if need be. LinkError when it cannot be."""

    def reopen(self, wait_s: float) -> None:
        """The board went: wait until it is there again. LinkError when it does not come."""

    def clock(self) -> float:
        """Seconds, of the board's own time where it is a simulated one."""


@dataclass
class Result:
    """What an update came to. outcome: 'updated' or 'unchanged'. seconds: until the board ran and kept it."""

    board: str
    outcome: str
    before: dict[str, str]
    after: dict[str, str]
    sectors: int = 0
    sent: int = 0
    bytes: int = 0
    resumed: int = 0
    seconds: float = 0.0
    steps_s: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


class UpdateError(SapperError):
    """An update that did not come to its end; what the board runs now is in the message."""

    status = Status.SHORTFALL


def identify(board: Board, wait_s: float = 3.0) -> dict[str, str]:
    """The values of `version`. LinkError when it is not a Sapper that answers."""
    until = board.clock() + wait_s
    asked = 0
    while True:
        asked += 1
        try:
            # Ends whatever half a line the board holds, and with what that and earlier askings bring, done.
            board.dialog.write(b"\n")
            board.dialog.quiet(_QUIET_S)
            answer = board.dialog.ask("version", _ASK_S, check=False, expect="sapper=")
            if answer.ok:
                return answer.values()
        except NoAnswerError:
            if board.clock() >= until:
                board.dialog.look_for_prompt(len("version") * asked)
                raise LinkError(
                    "nothing answers as a Sapper does",
                    "`sapper doctor` looks for the cause; `sapper flash` if it is new",
                ) from None
        if board.clock() >= until:
            raise LinkError("something answers, but not as a Sapper does", _REFLASH)


def check_fits(slots: dict[str, str], bundle: Bundle, allow_older: bool = False) -> None:
    """BundleError unless this board, by what its `update` tells, takes this bundle."""
    if slots.get("team_key") == "spoilt":
        raise BundleError("the board's team key is spoilt, so it takes no update", "put it in again: `sapper teamkey`")
    for name, what in (("api", "firmware image"), ("mpy", "MicroPython")):
        if slots.get(name) != bundle.values[name]:
            raise BundleError(f"the bundle is made for another {what} than the board has", _REFLASH)
    key = slots.get("team_key", "none")
    if key != "none" and bundle.values.get("key") != key:
        sign = f"signed with key {bundle.values['key']}" if bundle.signed else "not signed"
        raise BundleError(
            f"the board takes updates signed with team key {key} only, and the bundle is {sign}",
            "sign it: `sapper bundle --key FILE`, or `sapper update --key FILE`",
        )
    made, runs = (number(each.get("made", "")) for each in (bundle.values, slots))
    if not allow_older and is_older(bundle.values["version"], made, slots.get("version", ""), runs):
        raise BundleError(
            f"the bundle, {_build(bundle.values)}, is older than what the board runs, {_build(slots)}",
            "to go back all the same: `sapper update --allow-older`",
        )


def _build(values: dict[str, str]) -> str:
    made = number(values.get("made", ""))
    at = time.strftime("of %Y-%m-%d %H:%M:%S UTC", time.gmtime(made)) if made else "of unknown age"
    return f"sapper {values.get('version')} {at}"


def update(
    board: Board,
    bundle: Bundle,
    progress: Progress = lambda step, share: None,
    tries: int = 5,
    allow_older: bool = False,
) -> Result:
    """Bring one board to run `bundle`. A line that goes or garbles meanwhile is taken up again, `tries` times.
    allow_older: even if that is older than what the board runs.

    Raises BoardError, BundleError or LinkError with the board as it was, UpdateError when it runs something else than
    the bundle at the end.
    """
    start = board.clock()
    before = identify(board)
    who = before.get("board", "")
    if before.get("content") == bundle.content and before.get("why") != "trial":
        return Result(who, "unchanged", before, before, seconds=round(board.clock() - start, 3))
    sent = {"sectors": 0, "sent": 0, "bytes": 0}
    resumed = 0
    while True:
        try:
            slots = board.dialog.ask("update", 5.0, expect="running=").values()
            check_fits(slots, bundle, allow_older)
            goal = slots["idle"]
            this = _send(board.dialog, bundle, lambda share: progress("sending", share), allow_older)
            sent = {name: sent[name] + this[name] for name in ("sent", "bytes")} | {"sectors": this["sectors"]}
            break
        except BoardError as refusal:
            if refusal.name != "unsigned":
                raise
            raise LinkError("this port is the board's radio", "plug it in: updates go over USB only") from None
        except (LinkError, NoAnswerError) as error:
            resumed += 1
            if resumed > tries:
                raise
            progress(f"waiting for the board ({error.message})", 0.0)
            board.reopen(_RESTART_S)
            if identify(board, _RESTART_S).get("board") != who:
                raise LinkError("another board is on the port now", "plug the first one in again") from None
    at = board.clock()
    progress("restarting", 0.0)
    board.reopen(_RESTART_S)
    after = _await_kept(board, bundle, goal, progress)
    end = board.clock()
    steps = {"send": round(at - start, 3), "restart": round(end - at, 3)}
    return Result(who, "updated", before, after, **sent, resumed=resumed, seconds=round(end - start, 3), steps_s=steps)


def _send(dialog: Dialog, bundle: Bundle, progress: Callable[[float], None], allow_older: bool) -> dict[str, int]:
    dialog.ask("update receive older" if allow_older else "update receive", expect="receiving;")
    line = dialog.answer_line(5.0)
    if line != "ok receiving":
        raise NoAnswerError(f"the board does not take the update ({line or 'no answer'})", "run the same command again")
    return send(dialog, bundle, progress)


def _await_kept(board: Board, bundle: Bundle, goal: str, progress: Progress) -> dict[str, str]:
    """Until what runs is the bundle, from the slot it went to, and no longer on trial."""
    until = board.clock() + _TRIAL_S
    ask = _identify_started
    while True:
        try:
            now = ask(board)
        except LinkError:
            if board.clock() >= until:
                raise
            board.reopen(_RESTART_S)
            ask = _identify_started
            continue
        if now.get("source") == goal and now.get("content") == bundle.content and now.get("why") == "chosen":
            return now
        if now.get("source") != goal or board.clock() >= until:
            what = f"{now.get('source')} ({now.get('why')}), sapper {now.get('sapper')}+{now.get('git')}"
            raise UpdateError(
                f"the update did not prove itself; the board runs {what}", "its `selftest` and `log` tell why"
            )
        progress("proving itself", 0.0)
        ask = _ask_again


def _identify_started(board: Board) -> dict[str, str]:
    return identify(board, _RESTART_S)


def _ask_again(board: Board) -> dict[str, str]:
    """What runs, a moment later."""
    board.dialog.line(_LOOK_S)
    return board.dialog.ask("version", _ASK_S, expect="sapper=").values()
