"""MicroPython's raw prompt over an open line: programs that run on the board, and what they make.

with RawPrompt(board.dialog) as prompt:
    print(prompt.value("1 + 1"))
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from sapper_host.board.dialog import Dialog
from sapper_host.errors import LinkError

_ON_BOARD = Path(__file__).parent / "on_board"
_RAW = b"raw REPL; CTRL-B to exit\r\n>"
_KEYS_S = 3.0
PROGRAM_S = 30.0
RESTART_S = 0.1
_RESTART = f"import machine, time; print('now'); time.sleep_ms({round(1000 * RESTART_S)}); machine.reset()"


class RawPrompt:
    """A board whose prompt stands at the other end of the line. It stays there: `restart` ends it."""

    def __init__(self, dialog: Dialog) -> None:
        """LinkError when there is no prompt."""
        self._dialog = dialog
        dialog.write(b"\r\x03\x02")  # whatever is half typed, and whichever prompt it is
        dialog.until(b">>> ", _KEYS_S)
        dialog.write(b"\x01")
        dialog.until(_RAW, _KEYS_S)

    def run(self, program: str, wait_s: float = PROGRAM_S) -> str:
        """What it prints. LinkError with the board's words when it raises."""
        self._dialog.write(program.encode("ascii") + b"\x04")
        self._dialog.until(b"OK", _KEYS_S)
        printed = self._dialog.until(b"\x04", wait_s)[:-1]
        raised = self._dialog.until(b"\x04>", _KEYS_S)[:-2]
        if raised:
            what = raised.decode("utf-8", "replace").strip().splitlines()[-1]
            raise LinkError(f"a program at MicroPython's prompt failed: {what}", "does the board run this Sapper?")
        return printed.decode("utf-8", "replace")

    def value(self, expression: str) -> Any:
        """A literal that the board makes: numbers, texts, tuples, lists, dictionaries of them."""
        text = self.run(f"print(repr({expression}))")
        try:
            return ast.literal_eval(text.strip())
        except (SyntaxError, ValueError):
            raise LinkError(
                f"MicroPython's prompt answered '{text.strip()[:80]}'", "restart the board, and begin again"
            ) from None

    def measure(self, name: str) -> Any:
        """What `measure()` of on_board/NAME.py gives. Its names are the prompt's from then on."""
        self.run((_ON_BOARD / f"{name}.py").read_text(encoding="utf-8"))
        return self.value("measure()")

    def restart(self) -> None:
        """The chip's reset, RESTART_S after this returns: what tells of it is on its way before the line goes."""
        self._dialog.write(_RESTART.encode("ascii") + b"\x04")
        self._dialog.until(b"OKnow", _KEYS_S)
