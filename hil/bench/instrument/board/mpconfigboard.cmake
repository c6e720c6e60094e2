# The instrument's board: a Raspberry Pi Pico on the bench, with our code frozen in.
set(PICO_BOARD "pico")
set(PICO_PLATFORM "rp2040")
set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)

list(APPEND MICROPY_SOURCE_BOARD
    ${MICROPY_BOARD_DIR}/instrument_beat.c ${MICROPY_BOARD_DIR}/instrument_info.c ${MICROPY_BOARD_DIR}/instrument_rings.c
    ${MICROPY_BOARD_DIR}/instrument_rows.c ${MICROPY_BOARD_DIR}/instrument_usb.c)
# Name and version for `picotool info` come from instrument_info.c; a date would make equal builds differ.
# A report goes to USB in one piece, and two of the longest frames from the host wait there.
list(APPEND MICROPY_DEF_BOARD
    PICO_NO_BI_PROGRAM_NAME=1 PICO_NO_BI_PROGRAM_BUILD_DATE=1 CFG_TUD_CDC_TX_BUFSIZE=4096 CFG_TUD_CDC_RX_BUFSIZE=4096)
# What comes from the host is taken in instrument_usb.c.
add_link_options(LINKER:--wrap=tud_cdc_rx_cb)
