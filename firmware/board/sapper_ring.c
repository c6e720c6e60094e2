// Where the DMA puts the ADC's samples: it wraps by the low bits of the address, so the ring is aligned to its size
// (RP2040 datasheet, section 2.5.1.2). `sapper_ring.samples()` gives it to Python as a memoryview of bytes.
#include "py/runtime.h"
#include "py/objarray.h"

#define RING_BYTES (4096)

static uint8_t ring[RING_BYTES] __attribute__((section(".ring"), aligned(RING_BYTES)));

static mp_obj_t sapper_ring_samples(void) {
    return mp_obj_new_memoryview('B' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW, RING_BYTES, ring);
}
static MP_DEFINE_CONST_FUN_OBJ_0(sapper_ring_samples_obj, sapper_ring_samples);

static const mp_rom_map_elem_t sapper_ring_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_sapper_ring) },
    { MP_ROM_QSTR(MP_QSTR_samples), MP_ROM_PTR(&sapper_ring_samples_obj) },
};
static MP_DEFINE_CONST_DICT(sapper_ring_globals, sapper_ring_globals_table);

const mp_obj_module_t sapper_ring_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&sapper_ring_globals,
};
MP_REGISTER_MODULE(MP_QSTR_sapper_ring, sapper_ring_module);
