"""The application on either board, from power to its answers: what its pins do on the way, what it says."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import cast

from hil.errors import HilError
from hil.play.operator import Operator
from hil.prove.second_opinion.boards import Board
from hil.prove.second_opinion.figure import Figure
from hil.rigs.rig import NS_PER_MS, Rig
from sapper.shared.pins import GPIO

_BOOT_LIMIT_NS = 2000 * NS_PER_MS
_STARTS_WITH = "ENC_LEFT_A"  # the first pin that shows: its pull-up
_THEN = ("ENC_LEFT_B", "ENC_RIGHT_A", "ENC_RIGHT_B")
_STROBES = ("STROBE_0", "STROBE_1", "STROBE_2")
_EDGES = 8  # of the coil's, once it runs
_SETTLED_NS = 5 * NS_PER_MS  # from the coil's first edge
_GATES_MV = (1700, 1650, 1600)
_NOISE_MV = 1.5
_SEED = 5
_STANDS_NS = 60 * NS_PER_MS
# From MOTOR_EN's rise to the opening of the loop: not at a beat of the interlock's machine.
_OPENS_AFTER_NS = 105_010_000


def boot(board: Board) -> list[Figure]:
    """From power to the answer to `version`, counted from the first pin that shows: rp2040py skips the boot ROM."""
    watched = {name: board.pin(GPIO[name]) for name in (_STARTS_WITH, *_THEN, "COIL_TX", *_STROBES)}
    for pin in watched.values():
        pin.watch()
    board.usb.write(b"version\n")
    answered_ns, answer = _answer(board)
    edges = {name: pin.edges() for name, pin in watched.items()}
    zero_ns = edges[_STARTS_WITH][0][0]
    figures = [Figure(f"boot: {name} pulled up", edges[name][0][0] - zero_ns) for name in _THEN]
    coil = edges["COIL_TX"]
    settled_ns = next(t_ns for t_ns, level in coil if level) + _SETTLED_NS
    begin = next(i for i, (t_ns, level) in enumerate(coil) if level and t_ns > settled_ns)
    rise_ns = coil[begin][0]
    wave = tuple((t_ns - rise_ns, level) for t_ns, level in coil[begin : begin + _EDGES])
    figures += [Figure("boot: COIL_TX begins", coil[0][0] - zero_ns), Figure("boot: COIL_TX edges", wave)]
    for name in _STROBES:
        fall_ns = next(t_ns for t_ns, level in edges[name] if t_ns > rise_ns and not level)
        figures.append(Figure(f"boot: {name} falls after COIL_TX rises", fall_ns - rise_ns))
    figures.append(Figure("boot: `version` answered", answered_ns - zero_ns))
    words = answer.split()
    mine = [word for word in words if word.startswith("board=")]
    figures.append(Figure("boot: version", " ".join(word for word in words if word not in mine)))
    figures.append(Figure("boot: board's number", "".join(mine).partition("=")[2]))
    return figures


def selftest(board: Board) -> list[Figure]:
    """The self test's answer, and all that it names."""
    operator = Operator(cast(Rig, board))
    operator.boot()
    answer, lines = operator.ask("selftest", 3000)
    return [Figure("selftest: answer", answer), Figure("selftest: checks", ", ".join(line.strip() for line in lines))]


def armed(board: Board) -> list[Figure]:
    """Armed by the console over noisy gates; then the loop opens: what the board tells, and when MOTOR_EN falls."""
    operator = Operator(cast(Rig, board), partial(_pass_noisily, board, Random(_SEED)))
    motor_en = board.pin(GPIO["MOTOR_EN"])
    motor_en.watch()
    operator.boot()
    operator.arm()
    operator.run(_STANDS_NS)
    rose_ns = _only_edge(motor_en.edges(), 1)
    opens_ns = rose_ns + _OPENS_AFTER_NS
    board.pin(GPIO["ESTOP_OK"]).drive(0, opens_ns)
    operator.run(2 * _STANDS_NS)
    fell_ns = _only_edge(motor_en.edges(), 0)
    told = [
        " ".join((event.kind, *(f"{key}={value}" for key, value in event.args.items())))
        for event in operator.heard.events
    ]
    return [
        Figure("armed: events", ", ".join(told)),
        Figure("armed: loop opens -> MOTOR_EN falls", fell_ns - opens_ns),
    ]


def _only_edge(edges: list[tuple[int, int]], level: int) -> int:
    if [each for _, each in edges] != [level]:
        raise HilError(f"MOTOR_EN should go to {level}, and nothing else; it did {edges}")
    return edges[0][0]


def _pass_noisily(board: Board, random: Random, duration_ns: int) -> None:
    """Time in which the gates are never still: a detector without noise is taken for a dead one."""
    end_ns = board.now_ns + duration_ns
    while (left_ns := end_ns - board.now_ns) > 0:
        for channel, millivolts in enumerate(_GATES_MV):
            board.adc.set(channel, millivolts + random.gauss(0, _NOISE_MV))
        board.run(min(left_ns, NS_PER_MS))


def _answer(board: Board) -> tuple[int, str]:
    heard = b""
    while board.now_ns < _BOOT_LIMIT_NS:
        board.run(NS_PER_MS)
        for at_ns, data in board.usb.read():
            heard += data
            if b"ok sapper=" in heard and heard.endswith(b"\n"):
                return at_ns, heard.decode().strip()
    raise HilError(f"{board.name} does not answer `version` within {_BOOT_LIMIT_NS / 1e9:.0f} s; it said {heard!r}")
