"""What is soldered between the rover's Pico and the instrument's: the instrument's pin map.

Its firmware, the bench's rig, the wiring table and the emulated pair read it from here, so it imports nothing.

Rows: signal (its GPIO on the rover is that of sapper/shared/pins.py), GPIO of the instrument, kind, note. The kinds:
'edges': from the rover, every edge is told. 'pulses': from the rover, changes of period and width are told.
'played': to the rover, levels are played. Each line has 330 ohm in it, and 100 kilohm to ground outside the chips.
"""

LINES = (
    ("COIL_TX", 2, "pulses", "transmit pulse"),
    ("STROBE_0", 3, "pulses", "gate 0"),
    ("STROBE_1", 4, "pulses", "gate 1"),
    ("STROBE_2", 5, "pulses", "gate 2"),
    ("MOTOR_LEFT", 6, "pulses", "20 kHz duty, left track"),
    ("MOTOR_RIGHT", 7, "pulses", "20 kHz duty, right track"),
    ("BUZZER", 8, "pulses", "detector audio"),
    ("DIR_LEFT", 9, "edges", "high = forward"),
    ("DIR_RIGHT", 10, "edges", "high = forward"),
    ("MOTOR_EN", 11, "edges", "contactor"),
    ("MARKER", 12, "edges", "paint marker"),
    # Looked at as well: what was played, by the clock that stamps what followed.
    ("ESTOP_OK", 13, "played", "the emergency-stop loop"),
    ("ENC_LEFT_A", 14, "played", "quadrature, left track"),
    ("ENC_LEFT_B", 15, "played", "quadrature, left track"),
    ("ENC_RIGHT_A", 16, "played", "quadrature, right track"),
    ("ENC_RIGHT_B", 17, "played", "quadrature, right track"),
    ("I2C_SDA", 18, "played", "spare on the rover: what `make safety` sets its patched boards off by"),
)

# GPIO of the instrument without a line of their own to the rover: its own bus, with the four voltages' converter on it.
DAC_SDA = 20
DAC_SCL = 21
DAC_ADDRESS = 0x60
# Its outputs A, B, C lead to GATE_0, GATE_1, GATE_2 of the rover; D is spare.
DAC_OUTPUTS = ("GATE_0", "GATE_1", "GATE_2", "")

# In a word of levels, as told, bit 0 is the first line's. The watched ones come first, the played loop among them.
WATCHED_FIRST = 2
WATCHED = 12
PLAYED_FIRST = 13
PLAYED = 6
