"""labgrid's exporter with the resource `SapperBench`: `python -m hil.farm.grid.exporter --name ... benches.yaml`.

labgrid's own `labgrid-exporter` imports nothing of others, so this registers the resource and starts it. While a place
has the bench a server stands behind it (hil/farm/server.py, run by .venv's Python), made anew for each holder, so
nothing of one is left to the next. A server that ends by itself makes the bench unavailable, which its holder is told;
some seconds later it is there again. Ends with status 100 when the coordinator is gone: start it again then.
"""

from __future__ import annotations

import json
import os
import secrets
import select
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attr
from labgrid.remote import exporter

from sapper_host import processes
from sapper_host.files.checkout import ROOT

# As hil/farm/server.py, which this Python cannot import.
TOKEN_VARIABLE = "SAPPER_BENCH_TOKEN"
START_S = 6.0  # the coordinator waits 10 s for all of it
STOP_S = 3.0
REST_S = 5.0  # after a server ended by itself


class _Local:
    """The bench as this machine has it: what stands in the exporter's file."""

    def __init__(
        self,
        rig: str = "bench",
        listen: str = "127.0.0.1",
        options: Mapping[str, Any] | None = None,
        python: str | None = None,
    ) -> None:
        """rig: its name; options: of it. listen: the address that its server has: by itself only this machine's, which
        others reach by ssh (`--isolated`). python: one that has the project's packages."""
        self.rig = rig
        self.listen = listen
        self.options = dict(options or {})
        self.python = Path(python) if python else ROOT / ".venv" / "bin" / "python"
        self.rest_until_s = 0.0

    avail = True

    def poll(self) -> None:
        self.avail = self.python.exists() and time.monotonic() >= self.rest_until_s


@attr.s(eq=False)
class SapperBenchExport(exporter.ResourceExport):
    """What the exporter does with a SapperBench."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.local = _Local(**self.local_params)
        self._server: subprocess.Popen[str] | None = None
        self._port: int | None = None
        self._token: str | None = None

    def poll(self) -> bool:
        if self.start_params is not None and (self._server is None or self._server.poll() is not None):
            status = None if self._server is None else self._server.returncode
            self.logger.error("the bench's server ended by itself (status %s); it rests %g s", status, REST_S)
            self.local.rest_until_s = time.monotonic() + REST_S
        return bool(super().poll())

    def _get_start_params(self) -> dict[str, Any]:
        return {"rig": self.local.rig}

    def _get_params(self) -> dict[str, Any]:
        return {"host": self.host, "port": self._port, "token": self._token, "rig": self.local.rig}

    def _start(self, start_params: dict[str, Any]) -> None:
        """The server, in time. One that does not come is noticed by `poll`: raised errors would break the resource for
        good."""
        token = secrets.token_hex(16)
        command = [self.local.python, "-m", "hil.farm.server", "--rig", self.local.rig, "--listen", self.local.listen]
        self._server = processes.start(
            [*command, "--options", json.dumps(self.local.options)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {TOKEN_VARIABLE: token},
        )
        said = self._server.stdout
        assert said is not None
        ready, _, _ = select.select([said], [], [], START_S)
        line = said.readline() if ready else ""
        if not line:
            self.logger.error("the bench's server did not start in %g s; its words stand above", START_S)
            self._ended()
            return
        self._port, self._token = json.loads(line)["port"], token

    def _stop(self, start_params: dict[str, Any]) -> None:
        self._ended()

    def _ended(self) -> None:
        """By SIGTERM it leaves its board without power."""
        server, self._server, self._port, self._token = self._server, None, None, None
        if server is None:
            return
        server.terminate()
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.logger.error("the bench's server did not end in %g s, and was killed", STOP_S)
            server.kill()
            server.wait()
        if server.stdout is not None:
            server.stdout.close()


def main() -> None:
    """labgrid's, with ours."""
    exporter.exports["SapperBench"] = SapperBenchExport
    exporter.main()


if __name__ == "__main__":
    main()
