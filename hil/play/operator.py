"""The operator of a rig: closes the loop, turns the key, arms by the console, keeps the link alive: a person's part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hil.errors import HilError
from hil.rigs.ports import SerialLine
from hil.rigs.rig import NS_PER_MS, SAMPLE_NS, TICK_NS, Rig
from sapper.hardware.frame import INPUTS
from sapper.shared.pins import GPIO
from sapper_host.board.decoder import Counts, Event, Frame, Item, StreamDecoder, Text

_SLICE_NS = 5 * NS_PER_MS
_PING_EVERY_NS = 500 * NS_PER_MS
BOOT_LIMIT_MS = 5000
# A row begins so long before its frame: in the middle between input 0's last sample of the one before and its first,
# as what plays it may be a quarter of a millisecond off (the bench's converter).
_EARLY_NS = INPUTS * SAMPLE_NS // 2


class OperatorError(HilError):
    """The board did not answer, or refused; the text holds its own words."""


@dataclass
class Heard:
    """What the board has said so far. came: its events, each with the time at which it came in."""

    came: list[tuple[int, Event]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


class Operator:
    """Talks over one line of a rig. `advance(ns)` lets time pass: a rig's own `run`, or a closed loop's."""

    def __init__(
        self, rig: Rig, advance: Callable[[int], object] | None = None, line: SerialLine | None = None
    ) -> None:
        self._rig = rig
        self._advance = advance or rig.run
        self._line = line or rig.usb
        self._decoder = StreamDecoder()
        self._last_ping_ns = 0
        self._alive = False
        self._offset_ns: int | None = None
        self.heard = Heard()
        self.listener: Callable[[Item], None] | None = None

    @property
    def counts(self) -> Counts:
        """The decoder's counts: bytes, bad frames, gaps."""
        return self._decoder.counts

    def listen(self) -> None:
        """Take in what the board has sent."""
        for at_ns, data in self._line.read():
            for item in self._decoder.feed(data):
                if self.listener:
                    self.listener(item)
                if isinstance(item, Event):
                    self.heard.came.append((at_ns, item))
                    self.heard.events.append(item)
                    self._set_clock(at_ns, item.t_ms)
                elif isinstance(item, Frame):
                    self.heard.frames.append(item)
                    self._set_clock(at_ns, item.fields["t_ms"])
                elif isinstance(item, Text):
                    self.heard.lines.append(item.line)

    def _set_clock(self, at_ns: int, t_ms: int) -> None:
        """What is told in a tick arrives soon after it: the least delay seen is the offset between the two clocks."""
        offset_ns = at_ns - t_ms * NS_PER_MS
        if self._offset_ns is None or offset_ns < self._offset_ns:
            self._offset_ns = offset_ns

    def rig_ns(self, t_ms: int) -> int:
        """The rig's time of a board time (events, frames)."""
        if self._offset_ns is None:
            raise OperatorError("the board has told no time yet")
        return t_ms * NS_PER_MS + self._offset_ns

    def to_next_tick_ns(self) -> int:
        """From now to the next tick, as far as its telling shows, so up to a tick's work late."""
        if self._offset_ns is None:
            raise OperatorError("the board has told no time yet")
        return TICK_NS - (self._rig.now_ns - self._offset_ns) % TICK_NS

    @property
    def state(self) -> str:
        """The board's, as it last told it."""
        told = (event for event in reversed(self.heard.events) if event.kind == "state")
        return next((str(event.args["to"]) for event in told), "SAFE")

    def to_next_frame_ns(self) -> int:
        """From now to the next frame of the board's converter, so that a tape's rows and frames go together on every
        rig."""
        since_ns = self._rig.adc.running_since_ns
        if since_ns is None:
            return self.to_next_tick_ns()
        return TICK_NS - (self._rig.now_ns + _EARLY_NS - since_ns) % TICK_NS

    def run(self, duration_ns: int, slice_ns: int = _SLICE_NS) -> None:
        """Let time pass, listening every slice_ns (at most 500 ms), and pinging while `keep_alive` is on."""
        end = self._rig.now_ns + duration_ns
        while self._rig.now_ns < end:
            if self._alive and self._rig.now_ns - self._last_ping_ns >= _PING_EVERY_NS:
                self._last_ping_ns = self._rig.now_ns
                self._line.write(b"ping\n")
            self._advance(min(slice_ns, end - self._rig.now_ns))
            self.listen()

    def keep_alive(self, on: bool) -> None:
        """Whether the operator is at the line."""
        self._alive = on

    def ask(self, line: str, limit_ms: int = 1000) -> tuple[str, list[str]]:
        """Say a line, wait for its answer: (final line, lines before it). OperatorError when none comes in time."""
        start = len(self.heard.lines)
        self._line.write(line.encode() + b"\n")
        end = self._rig.now_ns + limit_ms * NS_PER_MS
        while self._rig.now_ns < end:
            self.run(_SLICE_NS)
            # Pings of our own may answer in between; they are told by their t_ms.
            new = [text for text in self.heard.lines[start:] if line == "ping" or not text.startswith("ok t_ms=")]
            for i, text in enumerate(new):
                if text == "ok" or text.startswith(("ok ", "err ")):
                    return text, new[:i]
        raise OperatorError(f"no answer to '{line}' within {limit_ms} ms; heard {self.heard.lines[start:]}")

    def must(self, line: str, limit_ms: int = 1000) -> str:
        """As `ask`, but the answer has to be `ok`; returns what follows it."""
        answer, before = self.ask(line, limit_ms)
        if not answer.startswith("ok"):
            raise OperatorError(f"'{line}' was refused: {answer} {before}")
        return answer[3:]

    def boot(self) -> str:
        """Loop closed, key off; wait until the console answers `version`. Returns its answer."""
        self._rig.pin(GPIO["ESTOP_OK"]).drive(1)
        self._rig.pin(GPIO["ARM_KEY"]).drive(0)
        end = self._rig.now_ns + BOOT_LIMIT_MS * NS_PER_MS
        while self._rig.now_ns < end:
            try:
                version = self.must("version", 100)
            except OperatorError:
                continue
            self.run(100 * NS_PER_MS)  # those asked before the line was up answer as well
            return version
        raise OperatorError(f"the console did not answer within {BOOT_LIMIT_MS} ms of reset; heard {self.heard.lines}")

    def settle(self, seconds: float = 0.5) -> None:
        """Let the detector and the supply be measured."""
        self.run(int(seconds * 1e9), 100 * NS_PER_MS)

    def arm(self) -> None:
        """Key on, `arm`, the code typed back: ARMED, with the link kept alive."""
        self._rig.pin(GPIO["ARM_KEY"]).drive(1)
        self.run(20 * NS_PER_MS)
        offer = self.must("arm")
        code = offer.split()[0].partition("=")[2]
        self.must(f"arm {code}")
        self.keep_alive(True)
