"""The frames between the bench's host and the instrument, over the instrument's USB.

A frame: START (u8), kind (u8), the payload's length (u16), the payload, CRC-32 (binascii.crc32) of all before it (u32).
Little-endian. Both ends read the tables from here, so it imports nothing.

Time is the instrument's: microseconds of its timer (u32, wraps after 71 minutes) and, for an edge, `ctr`: 16 bits of a
count of its 8 ns clock cycles (CYCLES_PER_US to the microsecond), off from the timer by what ID tells. What is played
goes on a grid of GRID_US.
"""

VERSION = 1
START = 0xA5
HEAD = "<BBH"
CRC = "<I"
PAYLOAD_MOST = 2048
CYCLES_PER_US = 125
GRID_US = 500  # a frame of voltages

# Host to instrument.
HELLO = 0x01  # no payload; answered by ID
SLICE = 0x02  # SLICE_HEAD, then words (u32), then frames of voltages (4 x u16, codes 0..4095 for A, B, C, D)
PARK = 0x03  # no payload: the loop opens, encoders and voltages are let go of, what is still to play is forgotten
BOOT = 0x04  # no payload: into BOOTSEL, to be flashed anew
FIGURES = 0x05  # no payload: FIGURES_TURNS turns of the loop are measured, and told by a TEXT
FIGURES_TURNS = 1000
LOOK = 0x06  # no payload; parked, it lets go of every pin for a moment, and answers PINS
# at_us: when it begins; us: how long it plays, a multiple of GRID_US; words; frames (us // GRID_US of them).
# A word: its low WORD_DELAY_BITS bits are a delay, those above the levels that the played lines (bit 0 the first) take
# (delay + WORD_CYCLES) cycles after the word before.
# The words of a slice are us * CYCLES_PER_US cycles in all, so the last one ends it, with the levels that then hold.
# It begins at at_us, with what holds until then; behind the end of what is played if that is later; at the next line of
# the grid if it lies between two. What cannot be played as it is, is not played at all, and a TEXT says why: it ends
# more than 200 ms from now, has more words than there is room for (3400 of 250 us or less each; longer ones count as
# more), or the figures of its head do not fit.
SLICE_HEAD = "<IIHH"
WORD_DELAY_BITS = 26
WORD_CYCLES = 3

# Instrument to host.
ID = 0x81  # ID_BODY
REPORT = 0x82  # REPORT_HEAD, then events
TEXT = 0x83  # what went wrong, in words
PINS = 0x84  # PINS_BODY: the level of each GPIO, by its number, with weak pull-downs and nothing else of the instrument
PINS_BODY = "<I"
# VERSION, unique number, ctr's offset to the timer in cycles, 8 bytes of what the firmware was built from.
ID_BODY = "<H8sH8s"
# now_us: all that happened before it has been told (0.6 ms back: a change of pulses is known at the rise after it);
# end_us: what is played ends here, always a line of the grid. That lies on multiples of GRID_US until the timer wraps;
# held_us: for how long in all it had nothing to play, and held what there was;
# late_us: for how long in all slices came after they should have begun;
# levels: of the watched lines; flags; how many frames of voltages the converter did not take; how many events follow.
REPORT_HEAD = "<IIIIHHHH"
REPORT_EVERY_MS = 5
FLAGS = (
    "edges were lost: more came than there is room for",
    "the converter does not answer",
    "the converter's bus hangs",
    "a frame from the host was spoilt",
    "the host is silent: parked",
)
# time (us, ctr), line (index), kind, two values.
EVENT = "<IHBBHH"
# A line of kind 'pulses' that has none yet, or slower ones than 16 bits of cycles, is told by its edges, too. The times
# of PULSE, STEADY and PHASE lie up to 0.6 ms before those of events that were told earlier.
EDGE = 0  # value 0: the level it went to
PULSE = 1  # from the rise at this time on the line is high for (value 0) of every (value 1) cycles
STEADY = 2  # since this time, that of its last edge, no pulse has come; value 0: the level
PHASE = 3  # of a strobe: it falls (value 0) cycles after the transmit pulse rises
HOST_SILENT_MS = 2000
