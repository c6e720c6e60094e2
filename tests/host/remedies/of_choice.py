"""Situations of several boards, of none, and of one that stands at the prompt."""

from __future__ import annotations

from contextlib import ExitStack

from hil.rigs.firmware import default_uf2
from sapper.storage import name_file
from sapper_host.connected.run_registry import registered
from sapper_host.errors import Status
from tests.host.memory_board import Flash, MemoryBoard
from tests.host.prompt_board import PromptBoard
from tests.host.remedies.commands import told
from tests.host.remedies.stage import Stage
from tests.host.remedies.table import situation

NUMBERS = ("e6614c775b000001", "e6614c775b000002")


class LeftAtPrompt(PromptBoard, MemoryBoard):
    """Stands at MicroPython's prompt until it is restarted from there."""

    def _receive(self, data: bytes) -> None:
        if b"machine.reset()\r" in self.said:
            MemoryBoard._receive(self, data)
        else:
            super()._receive(data)


def _connected(at: Stage, stack: ExitStack, *names: str) -> list[MemoryBoard]:
    """Boards of these names, each with a number of its own; '': none."""
    boards = []
    for name, number in zip(names, NUMBERS, strict=False):
        boards.append(at.board(flash=Flash({name_file.PATH: name.encode()} if name else {})))
        stack.enter_context(registered("virtual", {"usb": boards[-1].port}, board=number))
    return boards


@situation("connected/choice.py: there are {} boards: {}")
def two_boards(at: Stage) -> None:
    with ExitStack() as stack:
        _, other = _connected(at, stack, "", "")
        remedy = at.fails("connected/choice.py: there are {} boards: {}", "log")
        assert remedy == "choose one with --port"
        at.works("log", "--port", other.port)


@situation("connected/choice.py: no board found")
def no_board(at: Stage) -> None:
    """What `sapper rig virtual` does to the list is done here without the minute that starting one takes."""
    remedy = at.fails("connected/choice.py: no board found", "log")
    assert "`sapper rig virtual`" in remedy
    with ExitStack() as stack:
        _connected(at, stack, "")
        at.works("log")


@situation("connected/choice.py: there is no board {}")
def a_name_that_no_board_has(at: Stage) -> None:
    name = "connected/choice.py: there is no board {}"
    nobody = at.fails(name, "log", "--port", "rover-8")
    status, out, err = at.types(*told(nobody)[0].split()[1:])
    assert status == Status.NO_DEVICE and "board" in out + err, "that there is none, then"
    with ExitStack() as stack:
        [seven] = _connected(at, stack, "rover-7")
        remedy = at.fails(name, "log", "--port", "rover-8")
        assert remedy == f"there are rover-7 ({seven.port})"
        at.works("log", "--port", "rover-7")


@situation("connected/choice.py: {} boards are called {}: {}")
def a_name_that_two_boards_have(at: Stage) -> None:
    with ExitStack() as stack:
        one, other = _connected(at, stack, "rover", "rover")
        remedy = at.fails("connected/choice.py: {} boards are called {}: {}", "log", "--port", "rover")
        assert remedy == "choose one by its port"
        at.works("log", "--port", other.port)


@situation("board/at_prompt.py: MicroPython's prompt answers, not Sapper", "connected/choice.py: {}: {}")
def a_board_left_at_the_prompt(at: Stage) -> None:
    for site in ("board/at_prompt.py: MicroPython's prompt answers, not Sapper", "connected/choice.py: {}: {}"):
        with LeftAtPrompt() as board, registered("virtual", {"usb": board.port}):
            at.obeys(at.fails(site, "log"))
            at.works("log")


@situation("verbs/reboot.py: there are {} boards: {}")
def a_restart_of_one_of_two(at: Stage) -> None:
    with ExitStack() as stack:
        one, other = _connected(at, stack, "", "")
        remedy = at.fails("verbs/reboot.py: there are {} boards: {}", "reboot")
        assert remedy == "choose one with --port, or take --all"
        at.works("reboot", "--port", one.port)
        assert (one.boots, other.boots) == (2, 1)
        at.works("reboot", "--all")
        assert (one.boots, other.boots) == (3, 2)


@situation("verbs/reboot.py: --all means every board")
def all_and_one_to_restart(at: Stage) -> None:
    remedy = at.fails("verbs/reboot.py: --all means every board", "reboot", "--all", "--port", "/dev/x")
    assert remedy == "leave --port away"
    with ExitStack() as stack:
        [board] = _connected(at, stack, "")
        at.works("reboot", "--all")
        assert board.boots == 2


@situation("flash/targets.py: there are {} boards: {}")
def a_flash_of_one_of_two(at: Stage) -> None:
    """The boards in memory take no firmware: that it goes on with the one that was chosen is what can be seen."""
    with ExitStack() as stack:
        one, _ = _connected(at, stack, "", "")
        work = ("flash", "--uf2", default_uf2())
        remedy = at.fails("flash/targets.py: there are {} boards: {}", *work)
        assert remedy == "choose one with --port or --drive, or take --all"
        at.fails("flash/targets.py: the rig at {} has no BOOTSEL drive", *work, "--port", one.port)
