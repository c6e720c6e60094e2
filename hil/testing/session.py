"""The rigs of one pytest session: each is opened once, as a bench is, checked (job.py), and restarted for each test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hil.errors import HilError
from hil.rigs.rig import Rig
from hil.testing.job import Job, UnderTest, begin, restart, under_test
from hil.testing.kernel_log import KernelLog, errors_at

Open = Callable[[str, Path | None], Rig]


class UsbTroubleError(HilError):
    """The host's kernel told of errors at the bench's USB ports."""


@dataclass
class _Kept:
    rig: Rig
    job: Job


class Rigs:
    """Lends rigs by name. open_rig(name, firmware) makes one; log(): the kernel's messages, for rigs on real USB."""

    def __init__(self, open_rig: Open, firmware: Path | None = None, log: Callable[[], KernelLog] = KernelLog) -> None:
        self._open = open_rig
        self._firmware = firmware
        self._make_log = log
        self._log: KernelLog | None = None
        self._under_test: dict[str, UnderTest] = {}
        self._kept: dict[str, _Kept] = {}
        self._failed: dict[str, str] = {}

    def under_test(self, name: str) -> UnderTest:
        """What that rig is to run. It is read once: what is built meanwhile is another session's."""
        if name not in self._under_test:
            self._under_test[name] = under_test(name, self._firmware)
        return self._under_test[name]

    def lend(self, name: str) -> tuple[Rig, Job]:
        """The rig, its board just started. HilError when it cannot be had; what failed once is not tried again."""
        if name in self._failed:
            raise HilError(f"not tried again in this session: {self._failed[name]}")
        kept = self._kept.get(name)
        if kept is not None:
            kept.job.facts["restarted"] = restart(kept.rig)
            return kept.rig, kept.job
        try:
            kept = self._begin(name)
        except HilError as error:
            self._failed[name] = str(error)
            raise
        self._kept[name] = kept
        return kept.rig, kept.job

    def _begin(self, name: str) -> _Kept:
        wanted = self.under_test(name)
        rig = self._open(name, self._firmware)
        try:
            self.usb_trouble(rig)  # from here on; what was before the session is not its concern
            job = begin(rig, wanted)
            self.check_usb(rig)
            restart(rig)
        except BaseException:
            rig.close()
            raise
        return _Kept(rig, job)

    def usb_trouble(self, rig: Rig) -> list[str]:
        """Errors at the rig's USB ports since the last call; none where it is on no real port."""
        places = tuple(getattr(rig, "usb_places", ()))
        if not places:
            return []
        if self._log is None:
            self._log = self._make_log()
        return errors_at(self._log.news(), places)

    def check_usb(self, rig: Rig) -> None:
        """UsbTroubleError when there were any."""
        if lines := self.usb_trouble(rig):
            places = ", ".join(rig.usb_places)  # type: ignore[attr-defined]
            raise UsbTroubleError(
                f"the host's kernel tells of USB errors at the bench's ports ({places}), so no result stands: "
                + "; ".join(lines)
                + "; look at cables, hub and supply, and run it again"
            )

    def drop(self, name: str) -> None:
        """The rig itself broke: the next one who asks gets a new one, checked anew."""
        kept = self._kept.pop(name, None)
        if kept is not None:
            kept.rig.close()

    def close(self) -> None:
        """Let all go."""
        for name in list(self._kept):
            self.drop(name)
        if self._log is not None:
            self._log.close()
            self._log = None
