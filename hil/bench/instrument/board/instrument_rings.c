// The rings that DMA channels go round in: they wrap by the low bits of the address, so each is aligned to its size (RP2040
// datasheet, section 2.5.1.2). `instrument_rings.ring(i)` gives one to Python as a memoryview of 32-bit words.
#include "py/runtime.h"
#include "py/objarray.h"

// Levels, microseconds and cycles of what was watched; words and frames of what is played.
#define RINGS (5)
#define RING_WORDS (4096)

static uint32_t rings[RINGS][RING_WORDS] __attribute__((section(".rings"), aligned(4 * RING_WORDS)));

static mp_obj_t instrument_rings_ring(mp_obj_t number_in) {
    mp_int_t number = mp_obj_get_int(number_in);
    if (number < 0 || number >= RINGS) {
        mp_raise_ValueError(MP_ERROR_TEXT("no such ring"));
    }
    return mp_obj_new_memoryview('I' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW, RING_WORDS, rings[number]);
}
static MP_DEFINE_CONST_FUN_OBJ_1(instrument_rings_ring_obj, instrument_rings_ring);

static const mp_rom_map_elem_t instrument_rings_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_instrument_rings) },
    { MP_ROM_QSTR(MP_QSTR_ring), MP_ROM_PTR(&instrument_rings_ring_obj) },
};
static MP_DEFINE_CONST_DICT(instrument_rings_globals, instrument_rings_globals_table);

const mp_obj_module_t instrument_rings_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&instrument_rings_globals,
};
MP_REGISTER_MODULE(MP_QSTR_instrument_rings, instrument_rings_module);
