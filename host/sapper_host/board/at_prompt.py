"""Is it MicroPython's prompt that a line leads to? Asked of one that does not answer as a Sapper.

A prompt keeps what is said to it in its line, so it is recognised by what it makes of editing keys, which to a Sapper
mean nothing, and is left as it was found empty:
  friendly, half typed, continued   DEL: takes the typed characters back again, `ESC [K`
  paste mode                        DEL: comes back as it is
  raw                               Ctrl-B: the friendly prompt's banner; there nothing else makes it speak
A Ctrl-C, which would stop a Sapper or a program, is said only to what has shown itself to be a prompt.
"""

from __future__ import annotations

from collections.abc import Callable

from sapper.shared.limits import PROMPT_LEFT_MS
from sapper_host.errors import AtPromptError

# say(data, signs) -> what came, as it came, until one of the signs was in it or for long enough.
Say = Callable[[bytes, tuple[bytes, ...]], bytes]

_DEL, _CTRL_B, _CTRL_C = b"\x7f", b"\x02", b"\x03"
_TAKEN_BACK = b"\x1b[K"
PROMPT = b">>> "
_BANNER = b"MicroPython v"
# In the banner of the image that Sapper is built into (firmware/board/mpconfigboard.h).
_OURS = b"; Sapper"
# What a prompt may have said before it was asked in this way.
_SIGNS = (PROMPT, b"raw REPL; CTRL-B to exit", _BANNER, b"\nTraceback (most recent call last):")


def look(say: Say, typed: int, heard: bytes = b"") -> AtPromptError | None:
    """The error that says so, or None where no prompt shows itself.

    typed: so many printable characters were said that a prompt may have kept; heard: what came meanwhile.
    """
    edited = say(_DEL * typed, (_TAKEN_BACK, _DEL)) if typed else b""
    if _TAKEN_BACK in edited or _DEL in edited:
        say(_CTRL_C, (PROMPT,))
        banner = say(_CTRL_B, (PROMPT,))
        return _error(banner + heard)
    banner = say(_CTRL_B, (PROMPT,))
    if _BANNER in banner or any(sign in heard for sign in _SIGNS):
        return _error(banner + heard)
    return None


def _error(banner: bytes) -> AtPromptError:
    if _OURS in banner or _BANNER not in banner:
        remedy = (
            "`sapper reboot` starts Sapper again, as Ctrl-D at the prompt does; by itself it comes back after "
            f"{PROMPT_LEFT_MS // 60_000} minutes in which nobody types"
        )
    else:
        remedy = "this board has MicroPython without Sapper: `sapper flash` puts Sapper onto it"
    return AtPromptError("MicroPython's prompt answers, not Sapper", remedy)
