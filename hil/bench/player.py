"""The instrument, played and listened to in one count of time that leads its present.

`now_ns` is a lead ahead of what the instrument has come to, so that what is put in "now" is there before it is due;
what it has seen is known `lag_ns` behind. Both are of the instrument's clock, since the player was made.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence

from hil.bench.clock import HostClock, InstrumentClock
from hil.bench.instrument import wire
from hil.bench.link import ID_BODY, REPORT_HEAD, Deframer, frame
from hil.bench.observed import Observed, Report
from hil.bench.outside import Outside
from hil.bench.slices import GRID_NS, Levels, cut
from hil.bench.voltages import Output, Voltages
from hil.errors import HilError

_NS_PER_MS = 1_000_000
# A report every 5 ms, and the way of it.
_TELLING_NS = (wire.REPORT_EVERY_MS + 3) * _NS_PER_MS
_LEAD_LEAST_NS = 4 * _NS_PER_MS  # a slice's way to the instrument; with less its time is taken for held
_STEP_NS = 5 * _NS_PER_MS
_LOOK_NS = _NS_PER_MS
_REPORT_WAIT_NS = _NS_PER_MS // 5
_ANSWER_MS = 3000
_ASK_EVERY_MS = 100
_SILENT_NS = 100 * _NS_PER_MS
_PARKED = wire.FLAGS[-1]
_REFLASH = "`make instrument` builds its firmware, `sapper bench flash --instrument` puts it in"


class Player:
    """Says HELLO when it is made. `levels`, `voltages`: what is to be played; `observed`: what was seen.

    strict: whatever the instrument tells as gone wrong is an error; else it is in `troubles` alone.
    """

    def __init__(
        self,
        outside: Outside,
        outputs: Sequence[Output],
        lead_ms: int = 20,
        line_delay_ns: int = 0,
        strict: bool = True,
    ) -> None:
        self._outside = outside
        self._port = outside.instrument
        self._deframer = Deframer()
        self._host = HostClock()
        self._strict = strict
        self.lead_ns = lead_ms * _NS_PER_MS
        self.lag_ns = self.lead_ns + _TELLING_NS
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self.levels = Levels()
        self.voltages = Voltages(outputs)
        self.troubles: list[str] = []
        self.held_ns = 0
        self.unique_id, self.built_from, ctr_offset = self._hello()
        self.park()
        host_ns, first_us, end_us = self._first_report()
        # Its grid of beats goes on from where it is, and what it holds until then cannot be taken back.
        lead_us = max(self.lead_ns // 1000, end_us - first_us)
        lead_us += (end_us - first_us - lead_us) % wire.GRID_US
        self._clock = InstrumentClock(first_us + lead_us, ctr_offset)
        self._host.saw(host_ns, -lead_us * 1000)
        self.observed = Observed(self._clock, line_delay_ns)
        self.report = Report(-lead_us * 1000, 0, 0, 0, 0, 0, 0)
        self._line_delay_ns = line_delay_ns
        self._late_us: int | None = None
        self.now_ns = self._sent_ns = 0

    # Time

    @property
    def present_ns(self) -> int:
        """What the instrument has come to, by the host's clock."""
        return self._host.instrument_ns(self._outside.now_ns)

    @property
    def observed_ns(self) -> int:
        """All that happened at the rover before then has been told."""
        return self.report.now_ns - self._line_delay_ns

    def instrument_ns(self, host_ns: int) -> int:
        """The instrument's time at one of the host's."""
        return self._host.instrument_ns(host_ns)

    def timer_us(self, ns: int) -> int:
        """What the instrument's own timer reads at a whole microsecond of this time."""
        return self._clock.timer_us(ns)

    def at(self, due_ns: int, act: Callable[[], None]) -> None:
        """Have this done once the instrument has come so far; of one time, in the order in which they were said."""
        heapq.heappush(self._due, (due_ns, next(self._number), act))

    def run(self, duration_ns: int) -> None:
        """Let so much time pass. HilError when the bench could not keep up, or the instrument says what went wrong."""
        self._take_held()
        end_ns = self.now_ns + duration_ns
        while self.now_ns < end_ns:
            self.now_ns = min(end_ns, self.now_ns + _STEP_NS)
            self._send()
            self._wait_for(self.now_ns - self.lead_ns)

    def park(self) -> None:
        """The instrument opens the emergency-stop loop and lets go of all it plays."""
        self._port.write(frame(wire.PARK))

    # Begin

    def _hello(self) -> tuple[bytes, bytes, int]:
        """(unique number, what it was built from, its count's offset)."""
        for _, payload in self._answers():
            version, number, ctr_offset, built_from = ID_BODY.unpack_from(payload)
            if version != wire.VERSION:
                raise HilError(
                    f"the instrument speaks version {version} of the bench's frames, this checkout {wire.VERSION}; "
                    f"{_REFLASH}"
                )
            return number, built_from, ctr_offset
        raise HilError(f"the instrument does not answer; look at its cable and its LED, and flash it: {_REFLASH}")

    def _answers(self) -> list[tuple[int, bytes]]:
        """To HELLO, said again and again: it may only just be starting."""
        for _ in range(_ANSWER_MS // _ASK_EVERY_MS):
            self._port.write(frame(wire.HELLO))
            if found := self._heard(wire.ID, _ASK_EVERY_MS):
                return found
        return []

    def _first_report(self) -> tuple[int, int, int]:
        """(time of the host, of the instrument's timer, end of what it plays)."""
        for host_ns, payload in self._heard(wire.REPORT, _ANSWER_MS):
            now_us, end_us, *_ = REPORT_HEAD.unpack_from(payload)
            # Both wrap, so the end may seem to be before.
            return host_ns, now_us, now_us + (end_us - now_us + (1 << 31)) % (1 << 32) - (1 << 31)
        raise HilError(f"the instrument has told nothing for {_ANSWER_MS} ms; flash it anew: {_REFLASH}")

    def _heard(self, wanted: int, limit_ms: int) -> list[tuple[int, bytes]]:
        """The newest frame of a kind, waited for, with the host's time of it; [] when there is none."""
        for _ in range(limit_ms):
            found = [
                (host_ns, payload)
                for host_ns, data in self._port.read()
                for kind, payload in self._deframer.feed(data)
                if kind == wanted
            ]
            if found:
                return found[-1:]
            self._outside.wait(_LOOK_NS)
        return []

    # Inside

    def _take_held(self) -> None:
        """Time that passed outside `run` is held: now goes on from where the lead is whole again."""
        self._listen()
        behind_ns = self.present_ns + _LEAD_LEAST_NS - self.now_ns
        if behind_ns > 0:
            after_ns = -(-(self.present_ns + self.lead_ns) // GRID_NS) * GRID_NS
            self.held_ns += after_ns - self.now_ns
            self.now_ns = self._sent_ns = after_ns

    def _send(self) -> None:
        """All whole grid steps before now."""
        steps = (self.now_ns - self._sent_ns) // GRID_NS
        if steps <= 0:
            return
        frames = self.voltages.frames(self._sent_ns, steps)
        for each in cut(self._sent_ns, self.levels, frames.tolist()):
            self._port.write(frame(wire.SLICE, each.payload(self._clock.timer_us(each.start_ns))))
        self._sent_ns += steps * GRID_NS

    def _wait_for(self, target_ns: int) -> None:
        """Until the instrument has come so far, and what is `lag_ns` ago has been told."""
        silent_since = self.present_ns
        reached_ns: int | None = None
        while True:
            present_ns = self.present_ns
            while self._due and self._due[0][0] <= present_ns:
                heapq.heappop(self._due)[2]()
            due_ns = min(target_ns, self._due[0][0]) if self._due else target_ns
            if due_ns > present_ns:
                self._outside.wait(due_ns - present_ns)
                continue
            reached_ns = present_ns if reached_ns is None else reached_ns
            if self._listen():
                silent_since = present_ns
            if self.observed_ns >= self.now_ns - self.lag_ns:
                break
            if present_ns - silent_since > _SILENT_NS:
                raise HilError(f"the instrument has fallen silent; look at its cable and its LED, else {_REFLASH}")
            self._outside.wait(_REPORT_WAIT_NS)
        if reached_ns + _LEAD_LEAST_NS > self.now_ns:
            raise self._behind(reached_ns + _LEAD_LEAST_NS - self.now_ns)
        late_ns = self.present_ns + _LEAD_LEAST_NS - self.now_ns
        if late_ns > 0:
            raise HilError(
                f"the instrument tells {late_ns / _NS_PER_MS:.1f} ms later than it may; look at its USB cable and hub, "
                f"end what else keeps this computer busy, or {_REFLASH}"
            )

    def _listen(self) -> bool:
        """Take what the instrument has sent; whether a report was among it."""
        reported = False
        for host_ns, data in self._port.read():
            for kind, payload in self._deframer.feed(data):
                if kind == wire.REPORT:
                    before, self.report = self.report, self.observed.take(payload)
                    if self.report.now_ns < before.now_ns:
                        raise HilError(
                            "the instrument started anew, and what it was to play is gone; look at its supply and its "
                            f"cable, else {_REFLASH}"
                        )
                    self._host.saw(host_ns, self.report.now_ns)
                    self._judge(self.report)
                    reported = True
                elif kind == wire.TEXT:
                    self._trouble("it says: " + payload.decode(errors="replace"))
        return reported

    def _judge(self, report: Report) -> None:
        for text in report.troubles:
            # Held for so long, it lets go of the lines; the next slice takes them again.
            self._trouble(text, wrong=text != _PARKED)
        late_us, self._late_us = self._late_us, report.late_us
        if late_us is not None and report.late_us > late_us:
            raise self._behind((report.late_us - late_us) * 1000)

    @staticmethod
    def _behind(late_ns: int) -> HilError:
        return HilError(
            f"the bench could not keep up by {late_ns / _NS_PER_MS:.1f} ms; end what else keeps this computer busy, or "
            "take a faster one, or a longer lead: lead_ms in the bench's file"
        )

    def _trouble(self, text: str, wrong: bool = True) -> None:
        if text not in self.troubles:
            self.troubles.append(text)
        if self._strict and wrong:
            raise HilError(f"the instrument: {text}; `sapper bench check` finds what is wrong")
