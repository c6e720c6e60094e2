"""Giving a board what makes it this rover's: name, settings, radio key, team key, clock; proved by a restart.

Each step looks first, and does nothing where the board is as it should be, so that running it again completes what a
cut left undone. Each single write on the board is whole or not at all (a new file, then a rename).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from sapper.crypto.keys import key_id
from sapper.shared.fields import answer_values
from sapper.storage.flash_view import DIGEST_MOST
from sapper_host.board import selftest
from sapper_host.board import settings as board_settings
from sapper_host.board.key_store import KeyStore
from sapper_host.board.link import Link
from sapper_host.board.radio_key import provision, send_team_key
from sapper_host.board.selftest import Check
from sapper_host.board.settings_text import SettingsText, Values
from sapper_host.connected.ports import port_now
from sapper_host.errors import DISARM, BoardError, LinkError, SapperError, Status

KEEP, NEW = "keep", "new"
# The image's part of flash (docs/architecture.md): hashed as it lies there, for the record.
IMAGE_BYTES = 1 << 20
_RESTART_S = 60.0
_RETRY_S = 0.3
_CLOCK_OFF_S = 2.0
_FLASH_S = 15.0
_UNKNOWN = "unknown"

Tell = Callable[[str, str], None]


@dataclass(frozen=True)
class Plan:
    """What the board is to be given. key: KEEP, a key, '' for the one that board and laptop share, else a new one, or
    NEW for that where the board has none, whatever this laptop holds. settings, team_key: None leaves them as they are.
    old_team_keys: one of them proves a change of the team's key.
    """

    name: str
    settings: SettingsText | None = None
    key: str | bytes = ""
    team_key: bytes | None = None
    old_team_keys: tuple[bytes, ...] = ()


@dataclass
class Found:
    """What the board said of itself after all was done."""

    version: dict[str, str] = field(default_factory=dict)
    settings: Values = field(default_factory=dict)
    radio_key: str = ""
    radio_key_here: bool = False
    team_key: str = ""
    clock_s: int = 0
    checks: list[Check] = field(default_factory=list)
    image: list[str] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)


class Provisioning:
    """One board being provisioned; a context manager. tell(step, what came of it) is called as it goes."""

    def __init__(self, port: str, plan: Plan, tell: Tell, keys: KeyStore | None = None) -> None:
        self.found = Found()
        self._port = port
        self._plan = plan
        self._tell = tell
        self._keys = keys or KeyStore()
        self._board = ""
        self._nonce = ""
        self._link = Link.open(port)

    def __enter__(self) -> Provisioning:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._link.close()

    def run(self) -> Found:
        """All steps. SapperError when one fails, saying how far it was; the board is whole whenever it ends."""
        for step, work in _STEPS:
            try:
                what = work(self)
            except (SapperError, KeyboardInterrupt) as error:
                raise self._ended(step, error) from None
            if what:
                self.found.steps.append((step, what))
                self._tell(step, what)
        return self.found

    def _ended(self, step: str, error: SapperError | KeyboardInterrupt) -> SapperError:
        done = ", ".join(name for name, _ in self.found.steps) or "nothing"
        message = "interrupted" if isinstance(error, KeyboardInterrupt) else error.message
        status = Status.INTERRUPTED if isinstance(error, KeyboardInterrupt) else error.status
        remedy = "" if isinstance(error, KeyboardInterrupt) else error.remedy
        again = "run the same command again: it completes what is missing"
        both = f"{remedy}; then {again}" if remedy else again
        return SapperError(f"{message} (at the step '{step}'; done before it: {done})", both, status)

    # The steps: each returns what came of it, '' when it was not asked for

    def _meet(self) -> str:
        version = self._link.identify()
        self._board = version.get("board", "")
        nonce = self._link.command("nonce").values()
        if nonce.get("port") != "usb":
            raise SapperError("this port is the board's radio", "provision over USB: keys go over nothing else")
        state = self._link.command("status").values().get("state", "")
        if state != "SAFE":
            raise SapperError(f"the board is in {state}", DISARM, Status.REFUSED)
        self._link.command("storage", timeout_s=_FLASH_S)
        self._nonce = nonce.get("nonce", "")
        if self._plan.settings:
            values = board_settings.read(self._link)
            board_settings.check(values, self._plan.settings.values, self._plan.settings.path)
        return f"{self._board}, sapper {version.get('sapper', '?')} {version.get('git', '')}".rstrip()

    def _name(self) -> str:
        name = self._plan.name
        if self._value("name") == name:
            return f"{name}, as it was"
        if self._link.command(f"name {name}", timeout_s=_FLASH_S).values().get("name") != name:
            raise SapperError("the board kept another name than it was given", "try again; `selftest` tests its flash")
        return name

    def _settings(self) -> str:
        settings = self._plan.settings
        if settings is None:
            return ""
        changes = board_settings.apply(self._link, settings.values, save=True, source=settings.path)
        what = f"{len(changes.rows)} changed" if changes.rows else "as they were"
        return f"{settings.path.name}: {what}, saved"

    def _radio_key(self) -> str:
        wanted = self._plan.key
        held = self._value("key")
        if wanted == KEEP:
            return f"{held}, kept"
        here = self._key_here()
        if wanted in ("", NEW):
            if here and key_id(here) == held:
                return f"{held}, as it was"
            if held != "none":
                raise SapperError(
                    f"the board has a radio key that this laptop does not hold ({held})",
                    "`sapper key import FILE` brings it here. Or choose with --key: keep, or the key's file; "
                    "`sapper key --replace` makes a new one (other laptops can then only watch)",
                    Status.REFUSED,
                )
        if isinstance(wanted, bytes) and here == wanted and key_id(wanted) == held:
            return f"{held}, as it was"
        # A board without a key gets the one that other laptops may hold, too.
        key = here if wanted == "" else wanted if isinstance(wanted, bytes) else None
        given = provision(self._link, self._board, self._keys, key)
        kept = f"; this laptop's older one stays in {given.kept}" if given.kept else ""
        return f"{given.key_id}, {given.how}{kept}"

    def _team_key(self) -> str:
        key = self._plan.team_key
        if key is None:
            return ""
        try:
            held = self._value("teamkey")
        except BoardError as error:
            if error.name != _UNKNOWN:
                raise
            raise SapperError("the board's firmware knows no team key", "update it first", Status.REFUSED) from None
        if held == key_id(key):
            return f"{held}, as it was"
        done = send_team_key(self._link, key, self._plan.old_team_keys) + ", new"
        return "; ".join([done, *self._link.command("teamkey").lines])

    def _restart(self) -> str:
        """What is told from here on comes from flash, not from memory."""
        before = {"name": self._plan.name, "key": self._value("key"), "settings": board_settings.read(self._link)}
        self._link.command("reboot")
        begin = time.monotonic()
        self._reopen(begin + _RESTART_S)
        after = {"name": self._value("name"), "key": self._value("key"), "settings": board_settings.read(self._link)}
        wrong = [what for what in before if before[what] != after[what]]
        if self._plan.settings is None and "settings" in wrong:
            wrong.remove("settings")  # what was set and not saved is gone, as it would be after any restart
        if self._plan.team_key is not None and self._value("teamkey") != key_id(self._plan.team_key):
            wrong.append("team key")
        if wrong:
            raise SapperError(
                f"after a restart the board has another {' and '.join(wrong)}", "its flash may be worn: do not use it"
            )
        return f"all is there after a restart of {time.monotonic() - begin:.1f} s"

    def _clock(self) -> str:
        given = round(time.time())
        since = time.monotonic()
        self._link.command(f"clock {given}")
        words = self._link.command("clock").values()
        most = given + time.monotonic() - since + _CLOCK_OFF_S  # whatever becomes of this laptop's clock meanwhile
        try:
            told = answer_values("clock", words).get("epoch", 0)
        except ValueError:
            told = 0
        if not given - _CLOCK_OFF_S <= told <= most:
            raise SapperError(
                f"the board's clock does not keep the time it was given ({words.get('epoch', 'unset')})", "try again"
            )
        self.found.clock_s = told
        return f"set, {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(told))} UTC, until its next start"

    def _self_test(self) -> str:
        self.found.checks = selftest.run(self._link)
        failed = [check.name for check in self.found.checks if not check.passed]
        return f"FAILED: {', '.join(failed)}" if failed else f"all {len(self.found.checks)} checks passed"

    def _image(self) -> str:
        for offset in range(0, IMAGE_BYTES, DIGEST_MOST):
            answer = self._link.command(f"digest {offset} {DIGEST_MOST}", timeout_s=_FLASH_S, quiet=True)
            self.found.image.append(answer.values().get("sha256", ""))
        return f"{IMAGE_BYTES >> 10} kB of flash hashed"

    def _look(self) -> str:
        found, link = self.found, self._link
        found.version = link.command("version").values()
        found.settings = board_settings.read(link)
        found.radio_key = self._value("key")
        here = self._key_here()
        found.radio_key_here = here is not None and key_id(here) == found.radio_key
        answer = link.command("teamkey", check=False)
        found.team_key = answer.values().get("teamkey", "") if answer.ok else _UNKNOWN
        return ""

    # Helpers

    def _value(self, command: str) -> str:
        """What `name`, `key` or `teamkey` alone tells."""
        return self._link.command(command).values().get(command, "")

    def _key_here(self) -> bytes | None:
        try:
            return self._keys.load(self._board)
        except SapperError:
            return None  # a spoilt file is no key

    def _reopen(self, until: float) -> None:
        """The same board, started anew: found again by its number should its port's name change."""
        self._link.close()
        while True:
            time.sleep(_RETRY_S)
            try:
                self._link = Link.open(port_now(self._port, self._board))
                if (
                    self._link.identify().get("board") == self._board
                    and self._link.command("nonce").values().get("nonce") != self._nonce
                ):
                    return
                self._link.close()
            except LinkError:
                self._link.close()
            if time.monotonic() >= until:
                raise LinkError(f"the board did not come back within {_RESTART_S:g} s", "unplug it and back in")


_STEPS: tuple[tuple[str, Callable[[Provisioning], str]], ...] = (
    ("board", Provisioning._meet),
    ("name", Provisioning._name),
    ("settings", Provisioning._settings),
    ("radio key", Provisioning._radio_key),
    ("team key", Provisioning._team_key),
    ("restart", Provisioning._restart),
    ("clock", Provisioning._clock),
    ("self-test", Provisioning._self_test),
    ("flash", Provisioning._image),
    ("record", Provisioning._look),
)
