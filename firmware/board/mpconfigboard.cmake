# Sapper's board: a Raspberry Pi Pico with our code frozen in.
set(PICO_BOARD "pico")
set(PICO_PLATFORM "rp2040")
set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)

# Program name and version for `picotool info` come from sapper_info.c, and a date of compilation that changes
# with nothing else would only make equal builds differ.
list(APPEND MICROPY_SOURCE_BOARD 
    ${MICROPY_BOARD_DIR}/sapper_flash.c ${MICROPY_BOARD_DIR}/sapper_frozen.c ${MICROPY_BOARD_DIR}/sapper_heap.c
    ${MICROPY_BOARD_DIR}/sapper_hot_set.c
    ${MICROPY_BOARD_DIR}/sapper_info.c ${MICROPY_BOARD_DIR}/sapper_kept.c ${MICROPY_BOARD_DIR}/sapper_ring.c
    ${MICROPY_BOARD_DIR}/sapper_stdin.c)
list(APPEND MICROPY_DEF_BOARD PICO_NO_BI_PROGRAM_NAME=1 PICO_NO_BI_PROGRAM_BUILD_DATE=1)
# Whoever waits for a byte from USB waits in sapper_stdin.c.
add_link_options(LINKER:--wrap=mp_hal_stdin_rx_chr)
# And whoever looks for a frozen module, in sapper_frozen.c.
add_link_options(LINKER:--wrap=mp_find_frozen_module)
# The heap's collections are counted in sapper_heap.c.
add_link_options(LINKER:--wrap=gc_collect)
# memory.ld includes lists from here. CMake does not look into it, so their change makes what copies the hot set anew.
add_link_options(LINKER:--library-path=${MICROPY_BOARD_DIR})
set_source_files_properties(${MICROPY_BOARD_DIR}/sapper_hot_set.c PROPERTIES OBJECT_DEPENDS
    "${MICROPY_BOARD_DIR}/hot_set.ld;${MICROPY_BOARD_DIR}/hot_set_application.ld;${MICROPY_BOARD_DIR}/hot_set_early.ld")
