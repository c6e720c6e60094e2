"""Has the board tell its figures: in telemetry frames, or by `status` once a second where those are not to be had."""

from __future__ import annotations

from types import TracebackType

from sapper_host.board.answers import Answer
from sapper_host.board.link import Link
from sapper_host.board.status_text import frames_of_status
from sapper_host.errors import SapperError
from sapper_host.operate.monitor_state import MonitorState
from sapper_host.operate.operator import Operator
from sapper_host.operate.status_poll import StatusPoll


class FiguresSource:
    """A context manager, for an operator at a link whose tap feeds `state`."""

    def __init__(self, operator: Operator, state: MonitorState) -> None:
        self._link = operator.link
        self._telemetry = operator.telemetry
        self._state = state
        self._polling = True
        self._poll = StatusPoll(self._link_to_poll, self._take_status, quiet=False)

    def __enter__(self) -> FiguresSource:
        self._ask()
        self._poll.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._poll.close()

    def again(self) -> None:
        """The board has started anew: it tells nothing before it is asked. From any thread; waits for nothing."""
        self._polling = True

    def _ask(self) -> None:
        """Frames, and where nothing can be signed, `status`; events come in either case."""
        try:
            self._link.command(self._telemetry, quiet=True)
            self._polling = False
        except SapperError:
            self._polling = True

    def _link_to_poll(self) -> Link | None:
        """The link while `status` has to be asked for; a key that has come meanwhile ends that."""
        if self._link.gone is not None:
            return None
        if self._polling and self._link.watches_only is None:
            self._ask()
        return self._link if self._polling else None

    def _take_status(self, answer: Answer) -> None:
        for frame in frames_of_status(answer.values(), self._state.last_t_ms):
            self._state.take(frame, self._link.decoder.counts)
