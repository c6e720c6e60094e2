"""The console's `digest`, as sapper_host/flash/verify.py asks it, in the rig's time: what is in the board's flash."""

from __future__ import annotations

from hil.play.operator import Operator
from hil.rigs.rig import NS_PER_S

_LIMIT_MS = 20_000


class Digesting:
    """An operator who asks for hashes."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator

    def digest(self, offset: int, length: int) -> str:
        """SHA-256, in hexadecimal, of a part of flash."""
        answer = self._operator.must(f"digest {offset} {length}", _LIMIT_MS)
        return dict(word.split("=", 1) for word in answer.split() if "=" in word).get("sha256", "")

    def settle(self) -> None:
        """Whatever was still on its way has come."""
        self._operator.run(NS_PER_S)
