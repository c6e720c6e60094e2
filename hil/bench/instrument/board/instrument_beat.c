// The loop's beat: each wrap of the grid's PWM slice ends the processor's sleep. What the loop does then has the same place
// between two frames of the converter each time.
#include "py/runtime.h"
#include "hardware/irq.h"
#include "hardware/pwm.h"
#include "shared/tinyusb/mp_usbd.h"

#define GRID_SLICE (1) // clock.py

static volatile uint32_t beats;
static uint32_t seen;

static void wrapped(void) {
    pwm_clear_irq(GRID_SLICE);
    beats++;
}

// start(): from now on wraps are counted.
static mp_obj_t instrument_beat_start(void) {
    pwm_clear_irq(GRID_SLICE);
    pwm_set_irq_enabled(GRID_SLICE, true);
    irq_set_exclusive_handler(PWM_IRQ_WRAP, wrapped);
    irq_set_enabled(PWM_IRQ_WRAP, true);
    seen = beats;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(instrument_beat_start_obj, instrument_beat_start);

// wait() -> beats since the last call, at least 1. At each USB gets on: of what waits to be sent a packet goes out.
static mp_obj_t instrument_beat_wait(void) {
    while (beats == seen) {
        __wfe();
    }
    uint32_t now = beats, count = now - seen;
    seen = now;
    mp_usbd_task();
    return MP_OBJ_NEW_SMALL_INT(count & 0x3FFFFFFF);
}
static MP_DEFINE_CONST_FUN_OBJ_0(instrument_beat_wait_obj, instrument_beat_wait);

static const mp_rom_map_elem_t instrument_beat_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_instrument_beat) },
    { MP_ROM_QSTR(MP_QSTR_start), MP_ROM_PTR(&instrument_beat_start_obj) },
    { MP_ROM_QSTR(MP_QSTR_wait), MP_ROM_PTR(&instrument_beat_wait_obj) },
};
static MP_DEFINE_CONST_DICT(instrument_beat_globals, instrument_beat_globals_table);

const mp_obj_module_t instrument_beat_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&instrument_beat_globals,
};
MP_REGISTER_MODULE(MP_QSTR_instrument_beat, instrument_beat_module);
