"""The loop that keeps time: a tick every 10 ms, the watchdog fed last, the board made safe however it ends."""

import gc
import sys
from time import sleep_ms, sleep_us, ticks_add, ticks_diff, ticks_ms, ticks_us

import machine

from micropython import const
from sapper.app import Application, forget_tables
from sapper.hardware.board import Board
from sapper.loop_stats import PERIOD_US
from sapper.update.running import RECEIVES

_UPKEEP_TICKS = const(250)
_PROVED_TICKS = const(10)  # an update on trial has run its loop for so long before it is tested: every input was read
_EXCEPTIONS_MOST = const(10)
_LOST_US = const(-10_000_000)
_LEAD_US = const(200)  # of the timer before a tick: waking takes 60 us, and twice as long where code has left the cache
_LEFT_MOST_US = PERIOD_US + _LEAD_US


class Clock:
    """Wakes at each tick's time: a hardware timer ends the processor's sleep, so waiting costs no work.

    The timer fires a little before a tick is due, and from then on the loop counts the rest off instead of sleeping:
    a sleep that begins after the timer has fired lasts until the next interrupt, a millisecond. What fires between the
    look at the clock and the sleep ends that sleep at once, as an interrupt leaves an event behind.
    """

    def __init__(self):
        self._timer = machine.Timer()
        self._last_ms = ticks_ms()
        self._begin()

    def _begin(self):
        """Ticks are due from now on. Where between the two looks at the clock the timer was set is not known."""
        before = ticks_us()
        self._timer.init(period=PERIOD_US // 1000, mode=machine.Timer.PERIODIC, callback=_nothing)
        after = ticks_us()
        self.due_us = ticks_add(after, _LEAD_US)
        self._lead_us = ticks_diff(after, before) + _LEAD_US

    def wait(self):
        """Sleep until the next tick is due; returns how late it starts, in us. Ticks that were slept through are
        skipped."""
        due_us = self.due_us = ticks_add(self.due_us, PERIOD_US)
        left = ticks_diff(due_us, ticks_us())
        if 2000 < left <= _LEFT_MOST_US:
            sleep_ms(left // 1000 - 1)
        while True:
            left = ticks_diff(due_us, ticks_us())
            if left <= 0 or left > _LEFT_MOST_US:
                break
            if left > self._lead_us:
                machine.idle()
            else:
                sleep_us(left)
        if left > _LEFT_MOST_US or left < _LOST_US:
            # The clock was moved, or a stall outlasted what a difference of ticks can hold: no wait of minutes.
            self._begin()
            return PERIOD_US
        while left <= -PERIOD_US:
            self.due_us = ticks_add(self.due_us, PERIOD_US)
            left += PERIOD_US
        return -left

    def elapsed_ms(self):
        """Milliseconds since the last call."""
        now = ticks_ms()
        elapsed = ticks_diff(now, self._last_ms)
        self._last_ms = now
        return elapsed

    def stop(self):
        """No more timer interrupts."""
        self._timer.deinit()


def _nothing(_timer):
    pass


def loop(app, clock):
    """Ticks until a command asks to leave, and `leave_for` tells what for.

    An exception in a tick is a FAULT, not an end, so that the operator is told; only when every tick raises is it let
    out.
    """
    watchdog = app.board.watchdog
    stats = app.stats
    wait = clock.wait
    elapsed_ms = clock.elapsed_ms
    raised = 0
    second = 0
    watchdog.start()
    while not (app.leave_for and app.told()):
        late_us = wait()
        start_us = ticks_us()
        try:
            app.tick(elapsed_ms(), start_us)
            app.report(second, start_us)
            raised = 0
        except Exception as error:
            raised += 1
            app.fail(error)
            if raised >= _EXCEPTIONS_MOST:
                raise
        ticks = stats.ticks
        if ticks == _PROVED_TICKS:
            app.prove()
        if ticks % _UPKEEP_TICKS == 0:
            app.upkeep()
        if not raised:
            app.feed()
        watchdog.feed()
        second = stats.add(late_us, ticks_diff(ticks_us(), start_us))


def _forget_application():
    """It is over, and an update needs 4 kB in one piece time and again: its modules go, 40 kB if a slot brought them.
    What is still used of them stays; what the update imports comes anew."""
    global Application, Board
    if sys.implementation.name == "micropython":
        Application = Board = None
        for name in list(sys.modules):
            if name.startswith("sapper"):
                del sys.modules[name]
    gc.collect()


def main():
    """Run until told to leave. Whatever ends it, the board is left safe; an unexpected end restarts it into SAFE.

    Returns for MicroPython's prompt. Raises what kept the application from running at all: it would come again after
    every reset, so whoever started it decides.
    """
    board = Board()
    clock = None
    leave_for = "repl"
    running = False
    try:
        app = Application(board)
        forget_tables()
        gc.collect()
        # Just before the clock, so that each frame is complete just before its tick, not up to 10 ms old.
        board.acquisition.start()
        clock = Clock()
        leave_for = "reboot"
        running = True
        loop(app, clock)
        leave_for = app.leave_for
    except KeyboardInterrupt:
        leave_for = "repl"
        print("Sapper stopped, motors off. Ctrl-D starts it again.")
    except Exception as error:
        if not running:
            raise
        sys.print_exception(error)
    finally:
        board.make_safe()
        if clock:
            clock.stop()
    if leave_for in RECEIVES:
        team_key = app.team_key.key
        usb, watchdog = board.usb, board.watchdog
        app = board = clock = None
        _forget_application()
        from sapper.update.receiver import receive_update  # here: it would take 5 kB of heap from the application

        receive_update(usb, team_key, watchdog, leave_for == RECEIVES[1])
        leave_for = "reboot"
    if leave_for == "reboot":
        machine.reset()
    elif leave_for == "bootloader":
        machine.bootloader()
