// Copies the hot set, code and constants that a tick uses much, from flash into RAM (memory.ld). Here, just after the
// clocks, and not by crt0 like other data: that runs at 6.5 MHz, where 56 KB take 130 ms; at full speed it is 7.
//
// Half of it is native code of the factory's application, without use where the application comes from an update slot.
// What of the slot's own native code is copied into RAM, its hot set (mpconfigboard.h), then takes that room instead of
// the heap's: `sapper_hot_set.give_to_slot()` before it is loaded, and `keep_for_factory()` where the factory's runs.
#include "py/runtime.h"
#include "pico/runtime_init.h"

extern uint32_t __hot_set_start__[], __hot_set_end__[];
extern uint32_t __hot_application_start__[], __hot_application_end__[];
extern const uint32_t __hot_set_source__[], __hot_application_source__[];

// Where the slot's next function goes; NULL while the factory's are there.
static uint32_t *room;
static bool is_overwritten;

// Volatile, lest the compiler calls memcpy, which may itself be what is copied.
static void copy(volatile uint32_t *target, const uint32_t *end, const uint32_t *source) {
    while (target < end) {
        *target++ = *source++;
    }
}

static void copy_application(void) {
    copy(__hot_application_start__, __hot_application_end__, __hot_application_source__);
}

static void copy_hot_set(void) {
    copy(__hot_set_start__, __hot_set_end__, __hot_set_source__);
    copy_application();
}

// PICO_RUNTIME_INIT_CLOCKS is 00500.
PICO_RUNTIME_INIT_FUNC(copy_hot_set, "00501");

void sapper_native_code_alloc(size_t size, void **code, size_t *got) {
    size_t words = (size + 3) / 4;
    *got = size;
    if (room && words <= (size_t)(__hot_application_end__ - room)) {
        is_overwritten = true;
        *code = room;
        room += words;
    } else {
        *code = m_new(byte, size);
    }
}

void sapper_native_code_free(void *code, size_t size) {
    if ((uint32_t *)code < __hot_application_start__ || (uint32_t *)code >= __hot_application_end__) {
        m_del(byte, code, size);
    }
}

// After a soft reset, too: what an interpreter before this one had put there is gone with it.
static mp_obj_t sapper_hot_set_give_to_slot(void) {
    room = __hot_application_start__;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(sapper_hot_set_give_to_slot_obj, sapper_hot_set_give_to_slot);

static mp_obj_t sapper_hot_set_keep_for_factory(void) {
    room = NULL;
    if (is_overwritten) {
        copy_application();
        is_overwritten = false;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(sapper_hot_set_keep_for_factory_obj, sapper_hot_set_keep_for_factory);

static const mp_rom_map_elem_t sapper_hot_set_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_sapper_hot_set) },
    { MP_ROM_QSTR(MP_QSTR_give_to_slot), MP_ROM_PTR(&sapper_hot_set_give_to_slot_obj) },
    { MP_ROM_QSTR(MP_QSTR_keep_for_factory), MP_ROM_PTR(&sapper_hot_set_keep_for_factory_obj) },
};
static MP_DEFINE_CONST_DICT(sapper_hot_set_globals, sapper_hot_set_globals_table);

const mp_obj_module_t sapper_hot_set_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&sapper_hot_set_globals,
};
MP_REGISTER_MODULE(MP_QSTR_sapper_hot_set, sapper_hot_set_module);
