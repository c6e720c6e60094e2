"""Gets a place of the farm and keeps it: `python -m hil.farm.grid.hold PLACE`, for hil/farm/place.py.

Says what happens in lines of JSON: `waiting` (for whom), then `held` (where the bench is) or `failed` (why, and the
remedy); later perhaps `lost` (why). When its input ends, or by a signal, the place is released, and it ends. So whoever
started it can end in whatever way. Waiting is queueing: by labgrid's reservations, first come, first served.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from typing import Any

import grpc
from labgrid.remote.client import ClientSession, Error
from labgrid.remote.common import Reservation, ReservationState
from labgrid.remote.generated import labgrid_coordinator_pb2 as messages
from labgrid.util.proxy import proxymanager

from hil.farm.grid.resource import SapperBench

REACH_S = 10.0  # the coordinator answers in it
READY_S = 12.0  # the bench's server is there in it
POLL_S = 0.5
TAKEN_S = 0.7
# An exporter that is silent is waited for by the coordinator, 10 s; giving up before that leaves the place with us.
RELEASE_S = 25.0
RESOURCE = "SapperBench"

Path = tuple[str, str, str, str]  # exporter, group, class, name


class FailedError(Exception):
    """There will be no bench: what, and the remedy."""


def tell(**message: Any) -> None:
    """A line for who started this."""
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(message), flush=True)


class Watching(ClientSession):
    """labgrid's session, waking whoever looks at places and resources when they change."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.news = asyncio.Event()

    async def message_pump(self) -> None:
        try:
            await super().message_pump()
        finally:
            self.news.set()

    async def on_resource_changed(self, *what: Any) -> None:
        await super().on_resource_changed(*what)
        self.news.set()

    async def on_place_changed(self, place: Any) -> None:
        await super().on_place_changed(place)
        self.news.set()

    async def on_place_deleted(self, name: str) -> None:
        await super().on_place_deleted(name)
        self.news.set()

    @property
    def me(self) -> str:
        """As places name their holders."""
        return f"{self.gethostname()}/{self.getuser()}"


class Holding:
    """One place, from asking for it to having it no more."""

    def __init__(self, session: Watching, name: str) -> None:
        self._session = session
        self._name = name
        self._path: Path | None = None
        self._held: dict[str, Any] = {}
        self.mine = False

    @property
    def _place(self) -> Any:
        places = self._session.places
        if self._name not in places:
            known = ", ".join(sorted(places)) or "none"
            raise FailedError(f"the farm has no place '{self._name}'", f"there are: {known}")
        return places[self._name]

    def _bench(self) -> Path:
        """The one bench that belongs to the place."""
        found = [
            (exporter, group, entry.cls, name)
            for exporter, groups in self._session.resources.items()
            for group, entries in groups.items()
            for name, entry in entries.items()
            if entry.data and entry.cls == RESOURCE and self._place.hasmatch((exporter, group, entry.cls, name))
        ]
        if not found:
            raise FailedError(
                f"no bench stands behind {self._name}",
                "start its exporter; `labgrid-client resources` shows what there is",
            )
        if len(found) > 1:
            raise FailedError(f"{len(found)} benches stand behind {self._name}", "give the place a match of one alone")
        return found[0]

    def _taken(self) -> str:
        """By whom, '' when it is free."""
        place = self._place
        return str(place.acquired or "")

    async def get(self, wait_s: float) -> None:
        """Acquire it; FailedError when that does not come about in that time."""
        self._bench()
        deadline_s = time.monotonic() + wait_s
        while not await (self._queued(deadline_s) if wait_s else self._at_once()):
            pass
        self.mine = True
        await self._ready()

    async def _at_once(self) -> bool:
        if not (holder := self._taken()):
            if await self._acquire():
                return True
            await self._session.sync_with_coordinator()
            holder = self._taken()
        since = time.strftime("%H:%M", time.localtime(self._place.changed))
        who = f"held by {holder} since {since}" if holder else "kept for the next who waits for it"
        raise FailedError(f"{self._name} is {who}", "wait for it (--place-wait SECONDS), or ask there")

    async def _acquire(self) -> bool:
        try:
            await self._session.stub.AcquirePlace(messages.AcquirePlaceRequest(placename=self._name), timeout=REACH_S)
        except grpc.aio.AioRpcError as error:
            if error.code() in (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.PERMISSION_DENIED):
                return False
            raise
        await self._session.sync_with_coordinator()  # what this session knows of the place is so new, too
        return True

    async def _queued(self, deadline_s: float) -> bool:
        """In the queue until it is our turn; False when somebody got in all the same."""
        stub, told = self._session.stub, ""
        filters = {"main": messages.Reservation.Filter(filter={"name": self._name})}
        asked = messages.CreateReservationRequest(filters=filters, prio=0.0)
        token = Reservation.from_pb2((await stub.CreateReservation(asked, timeout=REACH_S)).reservation).token
        try:
            while True:
                polled = await stub.PollReservation(messages.PollReservationRequest(token=token), timeout=REACH_S)
                if Reservation.from_pb2(polled.reservation).state is not ReservationState.waiting:
                    return await self._acquire()
                if (holder := self._taken() or "another who waits") != told:
                    tell(waiting=holder, since=self._place.changed)
                    told = holder
                if time.monotonic() >= deadline_s:
                    raise FailedError(
                        f"{self._name} is still held by {holder}", "wait longer (--place-wait), or ask there"
                    )
                await asyncio.sleep(POLL_S)
        finally:
            # Once the place is ours the queue goes on behind us when it is released, not when our turn runs out.
            with contextlib.suppress(grpc.aio.AioRpcError):
                await stub.CancelReservation(messages.CancelReservationRequest(token=token), timeout=REACH_S)

    async def _ready(self) -> None:
        """Wait for the bench's server, and say where it is."""
        self._path = self._bench()
        deadline_s = time.monotonic() + READY_S
        while not self._now():
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                raise FailedError(f"the bench behind {self._name} does not start", "see the log of its exporter")
            await self._news(left_s)
        self._held = self._now()
        tell(held={**self._reachable(), "place": self._name, "who": self._session.me, "exporter": self._path[0]})

    def _now(self) -> dict[str, Any]:
        """The bench's parameters while it is to be had; {} otherwise."""
        assert self._path is not None
        exporter, group, _, name = self._path
        entry = self._session.resources.get(exporter, {}).get(group, {}).get(name)
        if entry is None or not entry.data or not entry.avail or entry.acquired != self._name:
            return {}
        return dict(entry.args) if entry.args.get("port") else {}

    def _reachable(self) -> dict[str, Any]:
        """Host and port as they are reached from here: through an ssh of labgrid's, where the exporter wants that."""
        assert self._path is not None
        exporter, group, _, name = self._path
        resource = SapperBench(None, None, **self._held)
        resource.extra = self._session.resources[exporter][group][name].extra
        host, port = proxymanager.get_host_and_port(resource)
        return {"host": host, "port": port, "token": self._held["token"], "rig": self._held["rig"]}

    async def keep(self) -> str:
        """Until it is lost: why."""
        assert self._path is not None
        while True:
            if self._session.stopping.is_set():
                return "the farm's coordinator is gone"
            if not self._is_mine():
                return self._taken_away()
            exporter, group, _, name = self._path
            entry = self._session.resources[exporter][group][name]
            if not entry.data:
                return f"its exporter '{exporter}' is gone"
            if self._now() != self._held:
                # Where somebody releases the place its bench is told of first.
                if entry.acquired != self._name:
                    await self._news(TAKEN_S)
                return f"its server on '{exporter}' has ended" if self._is_mine() else self._taken_away()
            await self._news()

    def _is_mine(self) -> bool:
        place = self._session.places.get(self._name)
        return place is not None and place.acquired == self._session.me

    def _taken_away(self) -> str:
        """It is not to be released by us: who has it now may be called as we are."""
        self.mine = False
        place = self._session.places.get(self._name)
        now = f", and {place.acquired} has it now" if place is not None and place.acquired else ""
        return f"the place was released by somebody{now}"

    async def _news(self, limit_s: float | None = None) -> None:
        self._session.news.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._session.news.wait(), limit_s)

    async def release(self) -> None:
        """Give it back, if it is ours still."""
        if self.mine and not self._session.stopping.is_set():
            self.mine = False
            asked = messages.ReleasePlaceRequest(placename=self._name, fromuser=self._session.me)
            await self._session.stub.ReleasePlace(asked, timeout=RELEASE_S)


async def hold(address: str, name: str, wait_s: float) -> int:
    """The exit status: 0 the place was had and is released, 1 it was not to be had."""
    over = _input_ends()
    session = Watching(proxymanager.get_grpc_address(address, default_port=20408), asyncio.get_running_loop())
    holding = Holding(session, name)
    try:
        try:
            await asyncio.wait_for(session.start(), REACH_S)
            if not await _unless(over, holding.get(wait_s)):
                return 0
        except (Error, TimeoutError):
            raise FailedError(
                f"no coordinator of a farm answers at {address}", "start it, or name it by LG_COORDINATOR=HOST:PORT"
            ) from None
        if why := await _unless(over, holding.keep(), gives=True):
            tell(lost=why)
            await over.wait()
        return 0
    except FailedError as error:
        tell(failed=error.args[0], remedy=error.args[1])
        return 1
    except grpc.aio.AioRpcError as error:
        tell(failed=f"the farm's coordinator does not do it: {error.details()}", remedy="see its log, and try again")
        return 1
    finally:
        with contextlib.suppress(grpc.aio.AioRpcError):
            await holding.release()
        session.stopping.set()
        if session.pump_task is not None:
            await session.stop()
        await session.close()


async def _unless(over: asyncio.Event, work: Any, gives: bool = False) -> Any:
    """What `work` gives (or True), unless it is over before: None."""
    doing, ending = asyncio.ensure_future(work), asyncio.ensure_future(over.wait())
    try:
        await asyncio.wait((doing, ending), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            return None
        result = doing.result()
        return result if gives else True
    finally:
        for each in (doing, ending):
            each.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(doing, ending, return_exceptions=True)


def _input_ends() -> asyncio.Event:
    """Set when nobody holds the other end of our input any more, or a signal tells us to end."""
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, over.set)

    def look() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            over.set()

    loop.add_reader(sys.stdin.fileno(), look)
    return over


def main() -> int:
    """Hold it until told otherwise."""
    parser = argparse.ArgumentParser(prog="python -m hil.farm.grid.hold", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("place")
    parser.add_argument("--coordinator", default=os.environ.get("LG_COORDINATOR", "127.0.0.1:20408"))
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)  # labgrid's own; what matters is told
    return asyncio.run(hold(options.coordinator, options.place, options.wait))


if __name__ == "__main__":
    sys.exit(main())
