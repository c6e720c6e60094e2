// RAM that a watchdog reset leaves as it was: the event log lies here, so that what led to the reset can be read after it.
// At power-up it holds anything. `sapper_kept.words()` gives it to Python as a memoryview of 32-bit integers.
#include "py/runtime.h"
#include "py/objarray.h"

#define KEPT_WORDS (640)

// The start-up code neither clears nor loads this section (SDK: memmap, .uninitialized_data).
static int32_t kept[KEPT_WORDS] __attribute__((section(".uninitialized_data.sapper_kept")));

static mp_obj_t sapper_kept_words(void) {
    return mp_obj_new_memoryview('i' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW, KEPT_WORDS, kept);
}
static MP_DEFINE_CONST_FUN_OBJ_0(sapper_kept_words_obj, sapper_kept_words);

static const mp_rom_map_elem_t sapper_kept_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_sapper_kept) },
    { MP_ROM_QSTR(MP_QSTR_words), MP_ROM_PTR(&sapper_kept_words_obj) },
};
static MP_DEFINE_CONST_DICT(sapper_kept_globals, sapper_kept_globals_table);

const mp_obj_module_t sapper_kept_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&sapper_kept_globals,
};
MP_REGISTER_MODULE(MP_QSTR_sapper_kept, sapper_kept_module);
