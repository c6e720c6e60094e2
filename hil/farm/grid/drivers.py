"""labgrid's drivers of a bench: power, reset, console and bootstrap, for `labgrid-client` and labgrid's own tests.

Named in an environment's `imports:` (hil/farm/environment.yaml is one). All go by one connection, SapperBenchDriver's:
a session by hand, which a run at the bench keeps out. The board's time passes while a driver waits, and on an emulated
bench only then.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import attr
from labgrid.driver.common import Driver
from labgrid.driver.consoleexpectmixin import ConsoleExpectMixin
from labgrid.factory import target_factory
from labgrid.protocol import BootstrapProtocol, ConsoleProtocol, PowerProtocol, ResetProtocol
from labgrid.step import step
from labgrid.util.proxy import proxymanager
from pexpect import TIMEOUT

from hil.errors import HilError
from hil.farm.grid import resource as resource  # registers SapperBench
from hil.farm.session import HAND, Session

NS_PER_S = 1_000_000_000
_TURN_NS = 10_000_000
_RUN_LOW_S = 0.1


@target_factory.reg_driver
@attr.s(eq=False)
class SapperBenchDriver(Driver):
    """The connection; the other drivers are bound to it."""

    bindings = {"bench": {"SapperBench"}}

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._session: Session | None = None

    def on_activate(self) -> None:
        if self.bench.port is None:
            raise HilError(f"the bench of {self.target.name} has no server; see its exporter's log")
        host, port = proxymanager.get_host_and_port(self.bench)
        self._session = Session(host, port, self.bench.token, "somebody by hand", HAND, self.target.name)

    def on_deactivate(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    @Driver.check_active
    def ask(self, *path: Any, arguments: tuple[Any, ...] = ()) -> Any:
        """A call of the rig (hil/rigs/capabilities.py), and its result."""
        assert self._session is not None
        return self._session.ask(list(path), *arguments)

    @Driver.check_active
    def run(self, seconds: float) -> None:
        """Let that much of the board's time pass."""
        self.ask("run", arguments=(round(seconds * NS_PER_S),))


@target_factory.reg_driver
@attr.s(eq=False)
class SapperPowerDriver(Driver, PowerProtocol):
    """The board's supply."""

    bindings = {"bench": "SapperBenchDriver"}
    delay = attr.ib(default=1.0, validator=attr.validators.instance_of(float))

    @Driver.check_active
    @step()
    def on(self) -> None:
        self.bench.ask("power_on")

    @Driver.check_active
    @step()
    def off(self) -> None:
        self.bench.ask("power_cut")

    @Driver.check_active
    @step()
    def cycle(self) -> None:
        self.off()
        self.bench.run(self.delay)
        self.on()

    @Driver.check_active
    @step(result=True)
    def get(self) -> bool:
        return bool(self.bench.ask("powered"))


@target_factory.reg_driver
@attr.s(eq=False)
class SapperResetDriver(Driver, ResetProtocol):
    """The chip's RUN pin."""

    bindings = {"bench": "SapperBenchDriver"}

    @Driver.check_active
    @step()
    def reset(self) -> None:
        self.bench.ask("run_pin", arguments=(0,))
        self.bench.run(_RUN_LOW_S)
        self.bench.ask("run_pin", arguments=(1,))


@target_factory.reg_driver
@attr.s(eq=False)
class SapperBootstrapDriver(Driver, BootstrapProtocol):
    """Flashes a UF2: then the board has power and is at its reset."""

    bindings = {"bench": "SapperBenchDriver"}
    image = attr.ib(default=None)

    @Driver.check_active
    @step(args=["filename"])
    def load(self, filename: str | None = None) -> None:
        if filename is None:
            filename = self.target.env.config.get_image_path(self.image)
        self.bench.ask("open", arguments=(Path(filename).read_bytes(), {}))


@target_factory.reg_driver
@attr.s(eq=False)
class SapperConsoleDriver(ConsoleExpectMixin, Driver, ConsoleProtocol):
    """The board's USB line."""

    bindings = {"bench": "SapperBenchDriver"}
    txdelay = attr.ib(default=0.0, validator=attr.validators.instance_of(float))
    txchunk = attr.ib(default=1, validator=attr.validators.instance_of(int))

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._came = bytearray()

    def _read(self, size: int = 1, timeout: float = 0.0, max_size: int | None = None) -> bytes:
        """At least `size` bytes, at most `max_size`; pexpect's TIMEOUT when they do not come."""
        deadline_s = time.monotonic() + timeout
        while True:
            for _, data in self.bench.ask("usb", "read"):
                self._came += data
            if len(self._came) >= size:
                count = max_size or len(self._came)
                taken = bytes(self._came[:count])
                del self._came[:count]
                return taken
            if time.monotonic() >= deadline_s:
                raise TIMEOUT(f"no {size} bytes came within {timeout:.2f} s")
            self.bench.ask("run", arguments=(_TURN_NS,))

    def _write(self, data: bytes) -> int:
        self.bench.ask("usb", "write", arguments=(data,))
        return len(data)
