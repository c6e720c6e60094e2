"""Runs the firmware on the simulated board: what the mask ROM and MicroPython's own start do on the real one.

Started by hil/rigs/sil/process.py as `micropython boot.py MODULES FIRMWARE`; the first message on standard input says
how this run begins.
"""

import sys

if sys.maxsize >= 1 << 31:
    # viper's ptr32 would read negative numbers as large ones: wrong results, silently
    raise RuntimeError("this MicroPython is built for 64 bits; the firmware needs 32: run `make micropython`")
sys.path[:] = [sys.argv[1]]

import binascii
import builtins
import json
import os
import random

import clock
import converter
import exchange
import flash_memory
import gpio
import lsm6dsox
import machine
import rp2
import serial_lines
import standard_streams
import time
import vfs


class Build:
    """`sapper_build`, which an image has frozen in."""

    GIT_REVISION = ""


class BoardOs:
    """os, with what the rp2 port adds, and random numbers that can be repeated."""

    @staticmethod
    def uname():
        class Names:
            sysname = nodename = "rp2"
            release = "%d.%d.%d" % sys.implementation.version[:3]
            machine = "Sapper rover (simulated)"

        return Names

    @staticmethod
    def urandom(count):
        return bytes([random.getrandbits(8) for _ in range(count)])

    def __getattr__(self, name):
        return getattr(os, name)


def settle():
    """Before a report: nothing that has happened is still to be worked out."""
    gpio.catch_up()
    converter.catch_up()
    lsm6dsox.settle()
    rp2.tell_written()


def start():
    """Take the first messages, put the parts in place, run _boot.py and main.py as the board does."""
    config = json.loads(exchange.read_config())
    clock.now = config["now_us"]
    machine.cause = config["cause"]
    time.start(config["ticks_us"], config["now_us"])
    random.seed(config["seed"])
    Build.GIT_REVISION = config["revision"]
    gpio.set_driven(config["driven"])
    gpio.state[0] = config["levels"]
    converter.set_noise(config["adc_noise_lsb"], config["seed"])
    rp2.set_times(config["erase_ms"], config["program_ms"])
    for number, data in config["flash"].items():
        rp2.restore(int(number), binascii.a2b_base64(data))
    exchange.takers["settle"] = settle
    exchange.take()
    put_in_place()
    clock.advance(clock.START_US)
    import _boot
    from sapper.run import main

    try:
        main()
    except Exception as error:  # as main.py does it, without slots to choose from
        sys.print_exception(error)


def put_in_place():
    """The modules that the firmware will import, and the file systems: the flash on '/', the sources read-only."""
    replaced = {
        "machine": machine,
        "uctypes": flash_memory,
        "sapper_build": Build,
        "rp2": rp2,
        "time": time,
        "os": BoardOs(),
        "sys": standard_streams.sys,
        "sapper_stdin": standard_streams.Stdin,
        "select": standard_streams.select,
        "micropython": standard_streams.micropython_here,
        # No update slots: the source tree is what runs. `import slots` gives None.
        "slots": None,
    }
    import registers

    replaced["sapper.hardware.registers"] = registers
    builtins.print = standard_streams.print_to_usb
    firmware = vfs.VfsPosix(sys.argv[2])
    modules = vfs.VfsPosix(sys.argv[1])
    vfs.umount("/")
    vfs.mount(firmware, "/firmware", readonly=True)
    vfs.mount(modules, "/simulated", readonly=True)
    sys.path[:] = ["/simulated", "/firmware", "/firmware/board/modules"]
    for name, module in replaced.items():
        sys.modules[name] = module


def prompt():
    """After the program: MicroPython's prompt, of which Ctrl-D is understood, and that nobody types for long."""
    from sapper.shared.limits import PROMPT_LEFT_MS

    exchange.record(clock.now, exchange.PROMPT, 0, 0)
    silent_ms = 0
    while silent_ms < PROMPT_LEFT_MS:
        if b"\x04" in serial_lines.usb.received:
            break
        silent_ms = 0 if serial_lines.usb.received else silent_ms + 1
        serial_lines.usb.received = bytearray()
        clock.advance(1000)
    else:
        print("\nNobody typed for %d s: Sapper starts again." % (PROMPT_LEFT_MS // 1000))
        clock.advance(100_000)
    machine.reset()


start()
prompt()
