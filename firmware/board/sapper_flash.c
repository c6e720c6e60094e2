// Erases a whole range of the storage half of the flash at once. rp2.Flash can erase 4 KB sectors only, 45 ms each; the
// chip takes 150 ms for an aligned block of 64 KB (W25Q16JV, tBE2), which the SDK uses where the range has one.
// `sapper_flash.erase(offset, length)`: both in whole sectors, offset from the start of the storage. ValueError else.
// Interrupts are off meanwhile: never while armed.
// `sapper_flash.is_blank(offset, length)`: whether a range of it, in whole sectors, reads 0xff; 640 KB in 70 ms.
#include "py/runtime.h"
#include "hardware/flash.h"
#include "hardware/sync.h"

#define STORAGE_BASE (PICO_FLASH_SIZE_BYTES - MICROPY_HW_FLASH_STORAGE_BYTES)

static void get_range(mp_obj_t offset_in, mp_obj_t length_in, mp_int_t *offset_out, mp_int_t *length_out) {
    mp_int_t offset = mp_obj_get_int(offset_in);
    mp_int_t length = mp_obj_get_int(length_in);
    if (offset < 0 || length <= 0 || offset % FLASH_SECTOR_SIZE || length % FLASH_SECTOR_SIZE
        || length > MICROPY_HW_FLASH_STORAGE_BYTES || offset > MICROPY_HW_FLASH_STORAGE_BYTES - length) {
        mp_raise_ValueError(MP_ERROR_TEXT("not whole sectors of the storage"));
    }
    *offset_out = offset;
    *length_out = length;
}

static mp_obj_t sapper_flash_erase(mp_obj_t offset_in, mp_obj_t length_in) {
    mp_int_t offset, length;
    get_range(offset_in, length_in, &offset, &length);
    uint32_t interrupts = save_and_disable_interrupts();
    flash_range_erase(STORAGE_BASE + offset, length);
    restore_interrupts(interrupts);
    mp_event_handle_nowait();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(sapper_flash_erase_obj, sapper_flash_erase);

static mp_obj_t sapper_flash_is_blank(mp_obj_t offset_in, mp_obj_t length_in) {
    mp_int_t offset, length;
    get_range(offset_in, length_in, &offset, &length);
    // Not through the cache's lines, which hold what is to go on running.
    const uint32_t *word = (const uint32_t *)(XIP_NOALLOC_BASE + STORAGE_BASE + offset);
    for (const uint32_t *end = word + length / 4; word < end; word += 4) {
        if ((word[0] & word[1] & word[2] & word[3]) != UINT32_MAX) {
            return mp_const_false;
        }
        if ((uintptr_t)word % FLASH_SECTOR_SIZE == 0) {
            mp_event_handle_nowait(); // USB is being set up at power-on
        }
    }
    return mp_const_true;
}
static MP_DEFINE_CONST_FUN_OBJ_2(sapper_flash_is_blank_obj, sapper_flash_is_blank);

static const mp_rom_map_elem_t sapper_flash_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_sapper_flash) },
    { MP_ROM_QSTR(MP_QSTR_erase), MP_ROM_PTR(&sapper_flash_erase_obj) },
    { MP_ROM_QSTR(MP_QSTR_is_blank), MP_ROM_PTR(&sapper_flash_is_blank_obj) },
};
static MP_DEFINE_CONST_DICT(sapper_flash_globals, sapper_flash_globals_table);

const mp_obj_module_t sapper_flash_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&sapper_flash_globals,
};
MP_REGISTER_MODULE(MP_QSTR_sapper_flash, sapper_flash_module);
