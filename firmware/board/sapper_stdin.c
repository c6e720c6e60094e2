// Standard input (USB): what waits there can be looked at, and a prompt that nobody types at is not waited at for ever.
// Whoever waits for a byte (MicroPython's prompt in all its modes, `input`) and gets none for SAPPER_PROMPT_LEFT_MS has
// the board restarted, and Sapper started again. A program that computes, sleeps or writes is not waiting: it is let be.
#include "py/runtime.h"
#include "py/mphal.h"
#include "py/ringbuf.h"
#include "py/stream.h"
#include "hardware/watchdog.h"
#include "sapper_build.h" // generated: SAPPER_PROMPT_LEFT_MS (limits.py)

// For what was told to leave before the line goes with the board.
#define LEAVES_MS (100)
// The longest sleep between two looks at the clock; bytes end it at once.
#define LOOK_MS (1000)

extern ringbuf_t stdin_ringbuf;

static void restart(void) {
    mp_printf(&mp_plat_print, "\r\nNobody typed for %u s: Sapper starts again.\r\n", SAPPER_PROMPT_LEFT_MS / 1000);
    mp_hal_delay_ms(LEAVES_MS);
    watchdog_reboot(0, 0, 0);
    for (;;) {
        __wfi();
    }
}

// The linker puts this in the place of MicroPython's own (mpconfigboard.cmake), which then finds a byte.
int __real_mp_hal_stdin_rx_chr(void);

int __wrap_mp_hal_stdin_rx_chr(void) {
    if (ringbuf_peek(&stdin_ringbuf) == -1) {
        mp_uint_t since = mp_hal_ticks_ms();
        while (!(mp_hal_stdio_poll(MP_STREAM_POLL_RD) & MP_STREAM_POLL_RD)) {
            if ((mp_uint_t)(mp_hal_ticks_ms() - since) >= SAPPER_PROMPT_LEFT_MS) {
                restart();
            }
            mp_event_wait_ms(LOOK_MS);
        }
    }
    return __real_mp_hal_stdin_rx_chr();
}

// peek(buffer) -> count: what waits, as far as it fits, without taking it.
static mp_obj_t sapper_stdin_peek(mp_obj_t buffer_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_WRITE);
    mp_hal_stdio_poll(MP_STREAM_POLL_RD); // what the USB driver holds comes over
    size_t count = MIN(ringbuf_avail(&stdin_ringbuf), buffer.len);
    for (size_t i = 0, at = stdin_ringbuf.iget; i < count; i++) {
        ((uint8_t *)buffer.buf)[i] = stdin_ringbuf.buf[at];
        at = at + 1 < stdin_ringbuf.size ? at + 1 : 0;
    }
    return MP_OBJ_NEW_SMALL_INT(count);
}
static MP_DEFINE_CONST_FUN_OBJ_1(sapper_stdin_peek_obj, sapper_stdin_peek);

static const mp_rom_map_elem_t sapper_stdin_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_sapper_stdin) },
    { MP_ROM_QSTR(MP_QSTR_peek), MP_ROM_PTR(&sapper_stdin_peek_obj) },
};
static MP_DEFINE_CONST_DICT(sapper_stdin_globals, sapper_stdin_globals_table);

const mp_obj_module_t sapper_stdin_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&sapper_stdin_globals,
};
MP_REGISTER_MODULE(MP_QSTR_sapper_stdin, sapper_stdin_module);
