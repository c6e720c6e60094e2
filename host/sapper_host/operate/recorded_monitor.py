"""A monitor whose recording says which board it is of, and may have every frame of the detector."""

from __future__ import annotations

from sapper_host.board.link import Link
from sapper_host.operate.monitor_app import Monitor
from sapper_host.recordings.recorder import Recorder
from sapper_host.recordings.session_facts import describe


class RecordedMonitor(Monitor):
    """As Monitor. BoardError at the start when raw telemetry is wanted where there is none."""

    def __init__(self, port: str, recorder: Recorder, as_json: bool = False, bell: bool = True) -> None:
        self._described = False
        self._recorder_told = recorder
        super().__init__(port, recorder, as_json, bell)

    def _setup(self, link: Link) -> None:
        """Who is there is asked once, before anything else; for telemetry again after every loss of the link."""
        if not self._described:
            self._described = True
            describe(self._recorder_told.describe, link)
        super()._setup(link)
        if self._recorder_told.raw:
            link.command("telemetry raw")
