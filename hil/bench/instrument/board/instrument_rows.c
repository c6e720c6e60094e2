// instrument_rows.go_on(): the entries that go on with rows of pulses, quickly; see instrument_rows.h.
#include "instrument_rows.h"
#include "py/runtime.h"

static uint32_t *words_of(mp_obj_t buffer_in, size_t least) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_RW);
    if (buffer.len < 4 * least) {
        mp_raise_ValueError(MP_ERROR_TEXT("too short"));
    }
    return buffer.buf;
}

// go_on(state, levels, micros, counts, end): as reducer.scan does it, up to the first entry that is anything else.
static mp_obj_t instrument_rows_go_on(size_t count, const mp_obj_t *given) {
    (void)count;
    uint32_t *state = words_of(given[0], FIRST + (LINES << LINE_BITS));
    uint32_t *levels = words_of(given[1], RING + 1), *micros = words_of(given[2], RING + 1), *counts = words_of(given[3], RING + 1);
    rows_go_on(state, levels, micros, counts, mp_obj_get_int(given[4]) & RING);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(instrument_rows_go_on_obj, 5, 5, instrument_rows_go_on);

static const mp_rom_map_elem_t instrument_rows_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_instrument_rows) },
    { MP_ROM_QSTR(MP_QSTR_go_on), MP_ROM_PTR(&instrument_rows_go_on_obj) },
};
static MP_DEFINE_CONST_DICT(instrument_rows_globals, instrument_rows_globals_table);

const mp_obj_module_t instrument_rows_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&instrument_rows_globals,
};
MP_REGISTER_MODULE(MP_QSTR_instrument_rows, instrument_rows_module);
