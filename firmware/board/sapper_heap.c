// The heap's collections, counted where they happen: one that nobody asked for makes a tick late, and MicroPython tells
// of none.
#include "py/runtime.h"
#include "py/gc.h"
#include "hardware/timer.h"

static uint32_t count;
static uint32_t last_us;

// The linker puts this in the place of MicroPython's own (mpconfigboard.cmake), which it calls.
void __real_gc_collect(void);

void __wrap_gc_collect(void) {
    uint32_t since = time_us_32();
    __real_gc_collect();
    last_us = time_us_32() - since;
    count++;
}

// collections() -> how many there were since power-up. Of 30 bits, as a larger number would be on the heap itself.
static mp_obj_t sapper_heap_collections(void) {
    return MP_OBJ_NEW_SMALL_INT(count & 0x3FFFFFFF);
}
static MP_DEFINE_CONST_FUN_OBJ_0(sapper_heap_collections_obj, sapper_heap_collections);

// took_us() -> how long the last one took.
static mp_obj_t sapper_heap_took_us(void) {
    return MP_OBJ_NEW_SMALL_INT(last_us & 0x3FFFFFFF);
}
static MP_DEFINE_CONST_FUN_OBJ_0(sapper_heap_took_us_obj, sapper_heap_took_us);

static const mp_rom_map_elem_t sapper_heap_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_sapper_heap) },
    { MP_ROM_QSTR(MP_QSTR_collections), MP_ROM_PTR(&sapper_heap_collections_obj) },
    { MP_ROM_QSTR(MP_QSTR_took_us), MP_ROM_PTR(&sapper_heap_took_us_obj) },
};
static MP_DEFINE_CONST_DICT(sapper_heap_globals, sapper_heap_globals_table);

const mp_obj_module_t sapper_heap_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&sapper_heap_globals,
};
MP_REGISTER_MODULE(MP_QSTR_sapper_heap, sapper_heap_module);
