"""Whether the ground under a coil counts as searched, from what the board tells: for the truth of the ground."""

from __future__ import annotations

from sapper_host.board.decoder import Event, Item


class Searching:
    """`hear` all that a board tells, then ask: it sweeps, and its detector sees and knows the ground."""

    def __init__(self) -> None:
        self._searching = self._rolls = False

    def __call__(self) -> bool:
        return self._searching

    def hear(self, item: Item) -> None:
        """What the board told just now."""
        if not isinstance(item, Event):
            return
        if item.kind == "covered":
            # That a find ends the search is told before the rover has come to rest.
            self._searching = bool(item.args["searched"]) or self._rolls
        elif item.kind == "state":
            self._rolls = False
            # Rolling to rest over a find the detector searches on, and a sweep that goes on there goes on.
            self._searching = item.args["to"] == "CONTACT" or (
                self._searching and item.args["to"] in ("SWEEP", "ARMED")
            )
        elif item.kind == "spot":
            self._rolls = True

    def end(self) -> None:
        """Whatever the board tells: from now on nothing is searched, until it tells that anew."""
        self._searching = self._rolls = False
