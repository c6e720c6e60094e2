"""What else than a Sapper is plugged in, and what to do about it."""

from __future__ import annotations

VENDOR = "2e8a"
_OTHER_FIRMWARE = "hold BOOTSEL while plugging it in, then `sapper flash`"
_NO_ROVER = "that is no rover: plug in the Pico itself"
# What Raspberry Pi's vendor number is on besides: product -> what it is, what to do.
OTHERS = {
    "000a": ("a Pico with another firmware (Pico SDK)", _OTHER_FIRMWARE),
    "000b": ("a Pico with CircuitPython", _OTHER_FIRMWARE),
    "0004": ("a debug probe (picoprobe)", _NO_ROVER),
    "000c": ("a debug probe", _NO_ROVER),
    "000f": ("a Pico 2 in BOOTSEL", "Sapper runs on the Pico with an RP2040"),
}
# Makers of boards with the RP2040 whose own firmware uses their numbers.
_MAKERS = {"239a": "Adafruit", "1b4f": "SparkFun", "2341": "Arduino", "2886": "Seeed"}


def other_device(usb_ids: str, name: str) -> tuple[str, str]:
    """(what a serial port with these numbers, 'VVVV:PPPP', and this name is, what to do)."""
    vendor, _, product = usb_ids.partition(":")
    if vendor == VENDOR and product in OTHERS:
        return OTHERS[product]
    if vendor in _MAKERS:
        return f"a board of {_MAKERS[vendor]} with another firmware: {name}", _OTHER_FIRMWARE
    named = f"{name}, USB {usb_ids}" if name else f"USB {usb_ids}"
    return f"no board by its numbers ({named})", "if it is a board's radio or adapter, name it with --port"
