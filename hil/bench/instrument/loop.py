"""The instrument's loop: a turn each beat of the grid, in which nothing is allocated; its end restarts the board.

A turn is for the lines, the next for the host. The one keeps the rings of what is played ahead of the DMA, and makes
events of what the lines did; the other takes what the host sent, and sends a report every REPORT_EVERY_MS, or as its
room is used up. The lines are parked from the start until a slice comes, when the host asks for it, and when it has
been silent for HOST_SILENT_MS.
"""

import gc
from array import array

import machine
import micropython
import pins
import reducer
import timeline
import wire
from chip import addresses, bits, look, peek
from clock import CTR, DREQ_GRID, GRID_CTR, prepare, start, timer
from codec import TABLE, close, find
from converter import RAW_INTR, TX_ABRT, Converter
from instrument_beat import start as start_beat
from instrument_beat import wait
from instrument_build import CONTENT
from instrument_rings import ring
from instrument_rows import go_on
from instrument_usb import drop, put, take
from lines import LINES, WATCHED
from micropython import const
from player import LATE as PLAYER_LATE
from player import Player
from report import head
from time import sleep_ms, ticks_diff, ticks_us
from watcher import LATE as WATCHER_LATE
from watcher import Watcher

import struct

_IN_BYTES = const(4352)
_OUT_BYTES = const(2064)
_SAY_BYTES = const(256)
_HEAD = const(4)
_BEAT_US = const(500)
_REPORT_BEATS = wire.REPORT_EVERY_MS * 1000 // _BEAT_US
_SILENT_BEATS = wire.HOST_SILENT_MS * 1000 // _BEAT_US
_STEPS = const(8)  # frames, or what is none, in a turn
_PART_BEATS = const(200)  # that half a frame is waited for
_HUNG_BEATS = const(200)  # more than the rings are ahead: what was played since is not known
_START_BEATS = const(100)  # until the loop runs
_BLINK_BEATS = const(512)
_REFER_BEATS = const(63)
_WATCHDOG_MS = const(150)  # before the rings come round
_HELLO = wire.HELLO
_SLICE = wire.SLICE
_PARK = wire.PARK
_BOOT = wire.BOOT
_REPORT = wire.REPORT
_TX_ABRT = TX_ABRT
_FIGURES = wire.FIGURES
_LOOK = wire.LOOK
# Bits of REPORT's flags
_LOST = const(1)
_NO_ANSWER = const(2)
_HANGS = const(4)
_SPOILT = const(8)
_SILENT = const(16)
_EVENTS = const(3)  # in the reducer's state
_IS_LOST = const(4)
_EVENTS_MANY = const(120)


def _kinds():
    """A letter for each watched line."""
    rows = sorted((gpio, name, kind) for name, gpio, kind, _ in LINES)[:WATCHED]
    return "".join("s" if name.startswith("STROBE") else "p" if kind == "pulses" else "e" for _, name, kind in rows)


class Instrument:
    """All of it. Parked, and nothing moves, until `run`."""

    def __init__(self):
        self.led = machine.Pin(25, machine.Pin.OUT, value=0)
        prepare()
        levels, micros, counts, self.words, self.frames = (ring(i) for i in range(5))
        self.timer = timer()
        self.watcher = Watcher(levels, micros, counts, self.timer, CTR)
        self.player = Player(self.words, DREQ_GRID)
        self.converter = Converter(self.frames, DREQ_GRID)
        self.incoming = bytearray(_IN_BYTES)
        self.outs = (bytearray(_OUT_BYTES), bytearray(_OUT_BYTES))  # one is sent while the other is filled
        self.say = bytearray(_SAY_BYTES)
        self.say_bytes = 0
        self.flags = 0
        self.parked = True
        self.figures = None

    def begin(self):
        """Everything is set up for the grid's first wrap, then the grid starts."""
        self.timeline = timeline.new_state(0)
        timeline.fill(self.timeline, self.words, self.frames)
        timeline.hold(self.timeline, self.words, self.frames, _START_BEATS)
        self.words[0] -= PLAYER_LATE
        gc.collect()
        self.watcher.start()
        self.player.arm()
        self.converter.arm()
        began = array("I", [0])
        self.offset = start(began)
        start_beat()
        self.state = reducer.new_state(_kinds(), self.offset, WATCHER_LATE)
        # The grid's first wrap is a beat after its start; what holds begins there.
        begins = timeline.new_state((began[0] + (1 + _START_BEATS) * _BEAT_US) & 0xFFFFFFFF)
        for half in range(2):
            self.timeline[timeline.END_US + half] = begins[timeline.END_US + half]
            self.timeline[timeline.HELD_US + half] = 0

    def park(self):
        """The loop opens now; what is still to play is forgotten."""
        self.player.park()
        self.parked = True
        timeline.forget(self.timeline, self.words, self.player.at())
        timeline.let_go(self.timeline)
        timeline.guard(self.timeline, self.words, self.frames)

    def tell(self, text):
        """A TEXT; one that the line is busy with is not waited for, but then lost."""
        if not self.say_bytes:
            said = text.encode()[: _SAY_BYTES - 16]
            self.say[_HEAD : _HEAD + len(said)] = said
            self.say_bytes = close(self.say, wire.TEXT, len(said), TABLE)

    def hello(self):
        """ID; and what is told once is told again."""
        body = struct.pack(wire.ID_BODY, wire.VERSION, machine.unique_id(), self.offset, bytes.fromhex(CONTENT))
        self.say[_HEAD : _HEAD + len(body)] = body
        self.say_bytes = close(self.say, wire.ID, len(body), TABLE)
        reducer.tell_again(self.state)

    def look(self):
        """PINS."""
        if not self.parked:
            self.park()
        body = struct.pack(wire.PINS_BODY, pins.levels())
        self.say[_HEAD : _HEAD + len(body)] = body
        self.say_bytes = close(self.say, wire.PINS, len(body), TABLE)

    def slice(self, length):
        """Queue it, or say why not."""
        state, words, frames = self.timeline, self.words, self.frames
        why = timeline.check(state, self.incoming, length, self.player.at(), self.converter.at())
        if why:
            self.tell(timeline.REFUSED[why])
            return
        while True:
            beats = timeline.append(state, words, frames, self.incoming)
            if not beats:
                break
            timeline.hold(state, words, frames, beats)
        timeline.guard(state, words, frames)
        if self.parked:
            self.parked = False
            self.player.let()

    def act(self, kind, length):
        """A frame of the host's stands at the beginning of what came."""
        if kind == _SLICE:
            self.slice(length)
        elif kind == _HELLO:
            self.hello()
        elif kind == _PARK:
            self.park()
        elif kind == _LOOK:
            self.look()
        elif kind == _FIGURES:
            self.figures = Figures()
        elif kind == _BOOT:
            self.player.park()
            machine.bootloader()

    def trouble(self, found):
        """What timeline.turn has found."""
        if found & 1:
            self.park()
            self.tell("the loop was late: what was asked for was not played")
        if found & 4:
            self.flags |= _HANGS
            self.converter.free(found >> 8)
        elif found & 2:
            self.converter.align(found >> 8)

    def answer(self):
        """The converter did not, or something else has the bus."""
        found = self.converter.look()
        if found:
            self.flags |= _HANGS if found == 2 else _NO_ANSWER

    @micropython.native
    def run(self):
        """For ever. Names are looked up before the loop: in it that would be half of the work."""
        self.begin()
        watchdog = machine.WDT(timeout=_WATCHDOG_MS)
        feed, led = watchdog.feed, self.led
        registers = addresses(
            self.timer,
            *self.player.registers(),
            *self.converter.registers(),
            GRID_CTR,
            *self.watcher.registers(),
        )
        seen = array("I", registers)
        act, trouble, answer, tell = self.act, self.trouble, self.answer, self.tell
        state, played, words, frames = self.state, self.timeline, self.words, self.frames
        watcher = self.watcher
        levels, micros, counts = watcher.levels, watcher.micros, watcher.counts
        incoming, table, say = self.incoming, TABLE, self.say
        lowest = reducer.LOWEST
        play, scan, silences = timeline.turn, reducer.scan, reducer.silences
        refer, raw_interrupts = self.converter.refer, RAW_INTR
        outs = self.outs
        out = outs[0]
        fill = part_beats = silent_beats = beats = report_beats = 0
        sending = None
        send_at = send_end = 0
        whole = 0
        hosts = False
        wait()
        while True:
            passed = wait()
            since = ticks_us()
            if passed > _HUNG_BEATS:
                raise RuntimeError("the loop hung")
            silent_beats += passed
            part_beats += passed
            report_beats += passed
            if not hosts:
                hosts = True
                look(registers, seen)
                found = play(played, words, frames, seen)
                if found & 7:
                    trouble(found)
                # What the lines did.
                end = bits(seen, 8, 2, 4095)
                go_on(state, levels, micros, counts, end)
                whole = scan(state, 0, 0, state, out, levels, micros, counts, lowest, end)
                if whole:
                    silences(state, out, micros, counts, seen)
                if state[_IS_LOST] or bits(seen, 9, 0, 1):
                    state[_IS_LOST] = 0
                    watcher.dropped()
                    self.flags |= _LOST
            else:
                hosts = False
                # What the host has sent.
                got = take(incoming, fill)
                if got:
                    fill += got
                    part_beats = 0
                steps = _STEPS
                while fill and steps:
                    steps -= 1
                    whole_bytes = find(incoming, fill, table)
                    if whole_bytes == 0:
                        if part_beats < _PART_BEATS:
                            break
                        # Its rest does not come.
                        part_beats = 0
                        whole_bytes = -1
                    if whole_bytes < 0:
                        self.flags |= _SPOILT
                        fill = drop(incoming, -whole_bytes, fill)
                        continue
                    silent_beats = 0
                    act(incoming[1], whole_bytes - 8)
                    fill = drop(incoming, whole_bytes, fill)
                if silent_beats >= _SILENT_BEATS:
                    silent_beats = 0
                    if not self.parked:
                        self.flags |= _SILENT
                        self.park()
                # What it is told: on with what is being sent, then what there is to say, then a report that is due.
                while True:
                    if sending is not None:
                        send_at += put(sending, send_at, send_end - send_at)
                        if send_at < send_end:
                            break
                        if sending is say:
                            self.say_bytes = 0
                        sending = None
                    if self.say_bytes:
                        sending, send_at, send_end = say, 0, self.say_bytes
                    elif report_beats >= _REPORT_BEATS or state[_EVENTS] > _EVENTS_MANY:
                        report_beats = 0
                        length = head(out, seen, whole, state, played, self.flags, self.converter.refused)
                        sending, send_at, send_end = out, 0, close(out, _REPORT, length, table)
                        self.flags = 0
                        state[_EVENTS] = 0
                        out = outs[0] if out is outs[1] else outs[1]
                    else:
                        break
            feed()
            beats = (beats + passed) & 0xFFFF
            led(beats & _BLINK_BEATS)
            if beats & _REFER_BEATS == 0:
                refer()
            # By now the frame's address has been answered, and the next is not about to begin.
            if peek(raw_interrupts, _TX_ABRT, 1):
                answer()
            if self.figures is not None and self.figures.add(ticks_diff(ticks_us(), since), passed):
                tell(str(self.figures))
                self.figures = None


class Figures:
    """Of FIGURES_TURNS turns: how long they took, and what they left on the heap."""

    def __init__(self):
        self.turns = 0
        self.beats = 0
        self.us = 0
        self.worst_us = 0
        self.heap = -1

    def add(self, took_us, beats):
        """One more. True with the last."""
        if self.heap < 0:
            self.heap = gc.mem_alloc()
            return False
        self.turns += 1
        self.beats += beats
        self.us += took_us
        if took_us > self.worst_us:
            self.worst_us = took_us
        if self.turns < wire.FIGURES_TURNS:
            return False
        self.heap = gc.mem_alloc() - self.heap
        return True

    def __str__(self):
        return "turns %d in %d beats; mean us %d, worst us %d; left on the heap %d; heap free %d" % (
            self.turns,
            self.beats,
            self.us // self.turns,
            self.worst_us,
            self.heap,
            gc.mem_free(),
        )


def main():
    """Until something is wrong: then it is told, and the board starts again, parked."""
    instrument = Instrument()
    try:
        instrument.run()
    except BaseException as error:
        instrument.player.park()
        instrument.say_bytes = 0
        instrument.tell("%s: %s; the instrument starts again" % (type(error).__name__, error))
        at = 0
        while at < instrument.say_bytes:
            at += put(instrument.say, at, instrument.say_bytes - at) or instrument.say_bytes
        sleep_ms(50)
    finally:
        machine.reset()
