"""A rig at a place of the farm: whatever the capabilities declare, called over a session.

Calls of ports that bring nothing (a pin is driven, bytes are written) travel with the next that does; what was once
drained (bytes, edges) is fetched along with every run: a turn of a closed loop costs one round trip. `now_ns` is the
rig's at its last answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

from hil.farm.members import DRAINS, Member, Path, members, of_rig, restored
from hil.farm.session import RemoteError, Session
from hil.rigs.capabilities import Capability, LackingError
from hil.rigs.rig import Rig


class _Ahead:
    """What runs have brought along of each drain that was ever asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: dict[tuple[Any, ...], list[Any]] = {}
        self._as_of = 0  # which answer

    def run(self, duration_ns: int) -> None:
        """The rig's run, with all that is drained after it."""
        paths = list(self._kept)
        calls: list[list[Any]] = [[["run"], [duration_ns], {}], *([list(path), [], {}] for path in paths)]
        _, *brought = self._session.ask_all(calls)
        for path, came in zip(paths, brought, strict=True):
            self._kept[path] += came
        self._as_of = self._session.answers

    def drain(self, path: Path) -> list[Any]:
        """All that has come of one since it was drained last; the rig is asked unless nothing was since the run."""
        key = tuple(path)
        kept, self._kept[key] = self._kept.get(key), []
        if kept is not None and self._as_of == self._session.answers and self._session.settled:
            return kept
        came: list[Any] = self._session.ask(path)
        return [*(kept or ()), *came]


class _Part:
    """The rig or one of its ports: where it is, seen from the rig."""

    def __init__(self, session: Session, path: Path, ahead: _Ahead) -> None:
        self._session = session
        self._path = path
        self._ahead = ahead

    def _drain(self, member: Member) -> Any:
        with _own_errors():
            return restored(self._ahead.drain([*self._path, member.name]), member.result)

    def _ask(self, member: Member, *arguments: Any, **named: Any) -> Any:
        with _own_errors():
            return restored(self._session.ask([*self._path, member.name], *arguments, **named), member.result)

    def _post(self, member: Member, *arguments: Any, **named: Any) -> None:
        self._session.post([*self._path, member.name], *arguments, **named)


@contextmanager
def _own_errors() -> Iterator[None]:
    """Errors as the rig itself would have raised them, where others look for that."""
    try:
        yield
    except RemoteError as error:
        if error.kind == LackingError.__name__:
            raise LackingError(str(error)) from error
        raise


class _Ports(Sequence[Any]):
    """Several of a kind, by number."""

    def __init__(self, part: _Part, path: Path, of: type) -> None:
        count = part._session.ask(path)
        self._made = [_port(of)(part._session, [*path, number], part._ahead) for number in range(count)]

    def __getitem__(self, index: Any) -> Any:
        return self._made[index]

    def __len__(self) -> int:
        return len(self._made)


_classes: dict[type, type[_Part]] = {}


def _port(protocol: type) -> type[_Part]:
    """The class that has a port's members from afar."""
    if protocol not in _classes:
        ways = {name: _way(member, of_port=True) for name, member in members(protocol).items()}
        _classes[protocol] = cast(type[_Part], type(f"Remote{protocol.__name__}", (_Part,), ways))
    return _classes[protocol]


def _way(member: Member, of_port: bool) -> Any:
    """A property or method for a member of a port or of the rig."""
    if member.kind == "value":
        return property(lambda self: self._ask(member))
    if member.kind == "port":
        return property(lambda self: _kept(self, member.name, partial(_made, self, member.result)))
    if member.kind == "ports":
        return property(lambda self: _kept(self, member.name, lambda path: _Ports(self, path, member.result)))
    if member.kind == "made":
        return lambda self, number: _kept(self, member.name, partial(_numbered, self, member.result), number)
    if of_port and member.name in DRAINS:
        return lambda self: self._drain(member)
    if of_port and member.result is None:
        return lambda self, *arguments, **named: self._post(member, *arguments, **named)
    return lambda self, *arguments, **named: self._ask(member, *arguments, **named)


def _kept(part: _Part, name: str, make: Callable[[Path], Any], *number: int) -> Any:
    """Made once for each rig."""
    kept: dict[tuple[Any, ...], Any] = part.__dict__.setdefault("_made", {})
    key = (name, *number)
    if key not in kept:
        kept[key] = make([*part._path, *key])
    return kept[key]


def _made(part: _Part, of: type, path: Path) -> _Part:
    return _port(of)(part._session, path, part._ahead)


def _numbered(part: _Part, of: type, path: Path) -> _Part:
    with _own_errors():
        part._session.ask(path)  # is there such a one?
    return _made(part, of, path)


class _RemoteRig(_Part):
    def __init__(self, session: Session, name: str) -> None:
        super().__init__(session, [], _Ahead(session))
        self.name = name
        self.instrument_id = ""
        self.afterwards: Callable[[], None] = _nothing

    def told(self, facts: dict[str, str]) -> None:
        """What reports say of a bench (hil/testing/job.py)."""
        self.instrument_id = facts["instrument_id"]

    def run(self, duration_ns: int) -> None:
        with _own_errors():
            self._ahead.run(duration_ns)

    @property
    def now_ns(self) -> int:
        return self._session.now_ns

    def close(self) -> None:
        self._session.close()
        self.afterwards, then = _nothing, self.afterwards
        then()


def _nothing() -> None:
    pass


def and_then(rig: Rig, afterwards: Callable[[], None]) -> Rig:
    """The same rig from afar; closing it does that as well, once."""
    assert isinstance(rig, _RemoteRig)
    rig.afterwards = afterwards
    return rig


def remote_rig(session: Session, name: str, offers: frozenset[Capability], uf2: bytes, options: dict[str, Any]) -> Rig:
    """A rig, flashed with this UF2, at its reset. It owns the session."""
    own = vars(_RemoteRig)
    ways = {each: _way(member, of_port=False) for each, member in of_rig(offers).items() if each not in own}
    made = cast(type[_RemoteRig], type("RemoteRig", (_RemoteRig,), ways))(session, name)
    try:
        with _own_errors():
            made.told(session.ask(["open"], uf2, options))
    except BaseException:
        session.close()
        raise
    return cast(Rig, made)
