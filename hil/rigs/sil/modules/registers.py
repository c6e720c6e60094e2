"""Stands in for sapper.hardware.registers: the RP2040's addresses that the firmware uses, each answered by a part.

An address that no part answers for is an error, so that nothing silently reads 0.
"""

import converter
import gpio
import i2c_block
import interlock_pio
import pulse_pwm
import micropython
import watchdog_timer

_pushed = [[], []]


@micropython.viper
def peek(address: uint, shift: int, mask: int) -> int:
    """(register >> shift) & mask."""
    reader = _READ.get(address >> 2)
    if not reader:
        _nobody("answers for", address)
    return (int(reader()) >> shift) & mask


def pushed(instr, first, second, fifo):
    """Two instructions into a PIO machine, and what it gives."""
    poke(instr, first)
    poke(instr, second)
    return peek(fifo, 0, 0xFFFF)


@micropython.viper
def poke(address: uint, value):
    """Write all 32 bits of a register."""
    writer = _WRITE.get(address >> 2)
    if not writer:
        _nobody("takes", address)
    writer(value)


def push_words(address, words, count):
    """Half-words into a FIFO."""
    for i in range(count):
        poke(address, words[i])


@micropython.native
def swap_transfer(block, to, count, words, words_count):
    """Take what an I2C transfer has brought, begin another: -1, or how many of the bytes have changed."""
    if i2c_block.received() != count:
        return -1
    changed = i2c_block.pull(to, count)
    for i in range(words_count):
        i2c_block.write_data(words[i])
    return changed


def _nobody(does, address):
    raise NotImplementedError("no simulated part %s register 0x%08x" % (does, address))


def _encoder(side):
    """PIO1's machines: `mov isr, x` and `push` by hand, then the RX FIFO."""
    fifo = _pushed[side]

    @micropython.native
    def execute(instruction):
        if instruction == 0x8000:
            fifo.append(gpio.ticks(side))

    @micropython.native
    def pop():
        return fifo.pop(0) if fifo else 0

    return execute, pop


_left = _encoder(0)
_right = _encoder(1)

# Both by the register's word address: a small integer, as the address is not.
_READ = {
    0x502000D4: lambda: interlock_pio.DEAD,
    0xD0000004: gpio.levels,
    0x50300020: _left[1],
    0x50300024: _right[1],
    0x1400000C: lambda: 0,  # no flash cache: it is asked for nothing
    0x14000010: lambda: 0,
    0x4004C000: converter.read_cs,
    0x4004C008: converter.read_fcs,
    0x4004C00C: converter.read_fifo,
    0x400140F8: lambda: gpio.fell(16),
    0x50000004: converter.write_address,
    0x50000008: converter.transfers_left,
    0x40048010: i2c_block.read_data,
    0x40048054: i2c_block.clear_abort,
    0x40048070: i2c_block.status,
    0x40048078: i2c_block.received,
    0x40048080: i2c_block.aborts,
}
_WRITE = {
    0x502000D8: interlock_pio.execute,
    0x503000D8: _left[0],
    0x503000F0: _right[0],
    0x1400000C: lambda value: None,
    0x14000010: lambda value: None,
    0x4004C000: converter.write_cs,
    0x4004C008: converter.write_fcs,
    0x4004C010: converter.write_div,
    0x400140F8: lambda bits: gpio.clear_fell(16, bits),
    0x40048004: i2c_block.write_target,
    0x40048010: i2c_block.write_data,
    0x4004806C: i2c_block.enable,
    0x4005A000: lambda bits: watchdog_timer.enable(bits, True),
    0x4005B000: lambda bits: watchdog_timer.enable(bits, False),
    0x400520A0: lambda bits: pulse_pwm.enable(bits, True),
    0x400530A0: lambda bits: pulse_pwm.enable(bits, False),
}
for _slice in pulse_pwm.SLICES:
    for _offset in range(0, 0x14, 4):
        _address = pulse_pwm.BASE + 0x14 * _slice + _offset
        _READ[_address] = lambda s=_slice, o=_offset: pulse_pwm.read(s, o)
        _WRITE[_address] = lambda value, s=_slice, o=_offset: pulse_pwm.write(s, o, value)
_READ = {address >> 2: reader for address, reader in _READ.items()}
_WRITE = {address >> 2: writer for address, writer in _WRITE.items()}
