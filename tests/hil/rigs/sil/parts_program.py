# Stands in for sapper/run.py in test_parts.py: takes every simulated part through its paces, and tells what it sees.
# mypy: ignore-errors
import binascii
import select
import sys
import time

import machine
import registers
import rp2
import uctypes

import micropython

peek, poke = registers.peek, registers.poke
ticks = 0


def tell(*words):
    sys.stdout.buffer.write((" ".join(str(word) for word in words) + "\n").encode())


def tick(_timer):
    global ticks
    ticks += 1


def kept(flash):
    """Of two of its blocks, what tells them."""
    block = bytearray(4096)
    sums = []
    for number in (7, 8):
        flash.readblocks(number, block)
        sums.append(binascii.crc32(block))
    return sums


def main():
    flash = rp2.Flash()
    if machine.reset_cause() == machine.WDT_RESET:
        tell("reset by the watchdog", kept(flash))
        while True:
            machine.idle()
    micropython.kbd_intr(-1)
    timer = machine.Timer(period=10, mode=machine.Timer.PERIODIC, callback=tick)
    loop = machine.Pin(17, machine.Pin.IN, machine.Pin.PULL_DOWN)
    lamp = machine.Pin(25, machine.Pin.OUT, value=0)
    motor = machine.PWM(machine.Pin(14), freq=20_000, duty_u16=0)
    uart = machine.UART(0, 57600, rxbuf=64, txbuf=64)
    poll = select.poll()
    poll.register(sys.stdin, 1)
    machine.WDT(timeout=500)
    machine_ = rp2.StateMachine(0, "dead_man")
    machine_.put(1250)
    poke(0x502000D8, 0x80A0)
    poke(0x502000D8, 0xA047)
    machine_.active(1)
    poke(0x4004C008, 1 | 1 << 3)
    poke(0x4004C010, 4799 << 8)
    ring = bytearray(8192)
    base = (uctypes.addressof(ring) + 4095) & -4096
    dma = rp2.DMA()
    dma.config(0, base, 1 << 20, {"treq_sel": 36, "ring_sel": True, "size": 1, "ring_size": 12}, True)
    poke(0x4004C000, 0b11 | 1 << 3 | 31 << 16)
    at = base - uctypes.addressof(ring)
    taken = bytearray(16)
    for turn in range(200):
        while ticks <= turn:
            machine.idle()
        late = time.ticks_diff(time.ticks_us(), 0)
        counts = []
        for instruction, fifo in ((0x503000D8, 0x50300020), (0x503000F0, 0x50300024)):
            poke(instruction, 0xA0C1)
            poke(instruction, 0x8000)
            counts.append(peek(fifo, 0, 0xFFFF))
        fell = peek(0x400140F8, 0, 0xFFFF)
        poke(0x400140F8, fell)
        moved = (1 << 20) - peek(0x50000008, 0, 0x3FFFFFFF)
        samples = [ring[at + 2 * (i & 2047)] | ring[at + 2 * (i & 2047) + 1] << 8 for i in range(moved - 5, moved)]
        tell(turn, late, time.ticks_ms(), loop.value(), counts, fell, moved, peek(0x4004C008, 11, 1))
        tell("samples", turn, samples)
        lamp.value(turn // 3 & 1)
        motor.duty_u16(turn * 300)
        if turn == 20 or turn == 120:
            poke(0x502000D8, 0xA022)
            poke(0x502000D8, 28 + 3)
        if turn == 30:
            burst = []
            for _ in range(5):
                burst.append(sys.stdout.buffer.write(b"b" * 150 + b"\n"))
                time.sleep_us(160)
        if turn == 31:
            tell("burst", burst)
        if turn == 154:  # while bytes come in
            flash.writeblocks(7, bytes(range(256)) * 16)
            flash.writeblocks(8, b"part of a block", 100)
        if turn == 155:
            flash.ioctl(6, 8)
            flash.writeblocks(7, b"\xaa" * 64, 512)
            tell("flash", kept(flash))
        if turn % 50 < 40:
            poke(0x502000D8, 0xA022)
        if turn == 60:
            poke(0x502000D8, 28)
        tell("alive", peek(0xD0000004, 16, 1))
        while poll.ipoll(0):
            sys.stdin.buffer.readinto(memoryview(taken)[:1])
            tell("byte", taken[0])
        waiting = uart.any()
        if waiting:
            count = uart.readinto(taken)
            tell("radio", waiting, bytes(taken[:count]))
        tell("sent", uart.write(b"turn %d\n" % turn * (turn % 12)))
        registers.watchdog_timer.feed()
    timer.deinit()
    while True:  # until the watchdog
        time.sleep_ms(1)
