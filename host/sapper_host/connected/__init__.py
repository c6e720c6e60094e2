"""Which boards there are (on USB, of rigs, in BOOTSEL), and finding one again. Imports `board` and below."""
