"""The pin map: firmware, rigs, wiring table and board definition all read it from here.

PINS rows: GPIO, signal, direction seen from the Pico, function, pull, note.
"""

PINS = (
    (0, "RADIO_TX", "out", "UART0 TX", "", "telemetry radio, 57,600 baud"),
    (1, "RADIO_RX", "in", "UART0 RX", "up", "telemetry radio"),
    (2, "ENC_LEFT_A", "in", "PIO1", "up", "quadrature, left track"),
    (3, "ENC_LEFT_B", "in", "PIO1", "up", "quadrature, left track"),
    (4, "ENC_RIGHT_A", "in", "PIO1", "up", "quadrature, right track"),
    (5, "ENC_RIGHT_B", "in", "PIO1", "up", "quadrature, right track"),
    (6, "I2C_SDA", "in", "I2C1 SDA", "up", "IMU, an LSM6DSOX (optional)"),
    (7, "I2C_SCL", "in", "I2C1 SCL", "up", "IMU (optional)"),
    (8, "COIL_TX", "out", "PWM4 A", "", "transmit pulse"),
    (9, "STROBE_0", "out", "PWM4 B", "", "gate 0: its falling edge is the sampling instant"),
    (10, "STROBE_1", "out", "PWM5 A", "", "gate 1: falling edge samples"),
    (11, "STROBE_2", "out", "PWM5 B", "", "gate 2: falling edge samples"),
    (12, "MOTOR_LEFT", "out", "PWM6 A", "", "20 kHz duty, left track"),
    (13, "MOTOR_RIGHT", "out", "PWM6 B", "", "20 kHz duty, right track"),
    (14, "DIR_LEFT", "out", "SIO", "", "high = forward"),
    (15, "DIR_RIGHT", "out", "SIO", "", "high = forward"),
    (16, "MOTOR_EN", "out", "PIO0", "down", "contactor; driven by the interlock's PIO only"),
    (17, "ESTOP_OK", "in", "SIO + PIO0", "down", "high while the emergency-stop loop is closed"),
    (18, "MARKER", "out", "SIO", "", "paint marker solenoid"),
    (19, "BUZZER", "out", "PWM1 B", "", "detector audio"),
    (20, "GNSS_TX", "out", "UART1 TX", "", "to the GNSS receiver (optional)"),
    (21, "GNSS_RX", "in", "UART1 RX", "up", "NMEA or UBX from the GNSS receiver (optional)"),
    (22, "ARM_KEY", "in", "SIO", "down", "key switch to 3V3: high = armed position"),
    (25, "LED", "out", "SIO", "", "state blink code"),
    (26, "GATE_0", "in", "ADC0", "", "0..3300 mV"),
    (27, "GATE_1", "in", "ADC1", "", "0..3300 mV"),
    (28, "GATE_2", "in", "ADC2", "", "0..3300 mV"),
    (29, "VSYS_3", "in", "ADC3", "", "VSYS / 3"),
)

GPIO = {row[1]: row[0] for row in PINS}

# The ADC's round robin: input index -> what it is. Input 4 is the chip's own sensor and has no pin.
ADC_INPUTS = ("gate0", "gate1", "gate2", "vsys", "temp")
ADC_FULL_SCALE_MV = 3300
VSYS_DIVIDER = 3
# RP2040 datasheet 4.9.5: T = 27 - (V - 0.706 V) / 1.721 mV
TEMP_27C_UV = 706000
TEMP_SLOPE_UV = -1721

UART_RADIO = 0
UART_RADIO_BAUD = 57600
UART_GNSS = 1
