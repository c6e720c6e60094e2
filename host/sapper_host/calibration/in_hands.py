"""A board on a port, and a person who holds its coil."""

from __future__ import annotations

from collections.abc import Callable

from sapper_host.connected.port_board import PortBoard


class InHands(PortBoard):
    """A board.Place. ask: told the step, returns once the person says that it is so."""

    def __init__(self, port: str, ask: Callable[[str], None]) -> None:
        super().__init__(port)
        self._ask = ask

    def show(self, step: str) -> None:
        """Have the person bring the coil there."""
        self._ask(step)
