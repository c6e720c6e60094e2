// The instrument's USB line, many bytes a call, and no call that waits: MicroPython's own standard input and output take a
// byte a call, and wait for what is not there. There is no prompt on it.
#include <string.h>
#include "py/runtime.h"
#include "shared/tinyusb/mp_usbd.h"
#include "shared/tinyusb/mp_usbd_cdc.h"

// The linker puts this in the place of MicroPython's, which takes a packet byte by byte to standard input, 3 us each.
void __wrap_tud_cdc_rx_cb(uint8_t itf) {
    (void)itf;
}

// take(buffer, at) -> count: what has come from the host, as far as it fits behind `at`.
static mp_obj_t instrument_usb_take(mp_obj_t buffer_in, mp_obj_t at_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_WRITE);
    size_t at = mp_obj_get_int(at_in);
    mp_usbd_task();
    if (at >= buffer.len) {
        return MP_OBJ_NEW_SMALL_INT(0);
    }
    return MP_OBJ_NEW_SMALL_INT(tud_cdc_read((uint8_t *)buffer.buf + at, buffer.len - at));
}
static MP_DEFINE_CONST_FUN_OBJ_2(instrument_usb_take_obj, instrument_usb_take);

// put(buffer, at, count) -> count: of buffer[at:at + count], what there is room for. To nobody all of it goes.
static mp_obj_t instrument_usb_put(mp_obj_t buffer_in, mp_obj_t at_in, mp_obj_t count_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_READ);
    size_t at = mp_obj_get_int(at_in), count = mp_obj_get_int(count_in);
    if (at > buffer.len || count > buffer.len - at) {
        mp_raise_ValueError(MP_ERROR_TEXT("not in the buffer"));
    }
    mp_usbd_task();
    if (!tud_cdc_connected()) {
        return count_in;
    }
    count = tud_cdc_write((uint8_t *)buffer.buf + at, MIN(count, tud_cdc_write_available()));
    tud_cdc_write_flush();
    return MP_OBJ_NEW_SMALL_INT(count);
}
static MP_DEFINE_CONST_FUN_OBJ_3(instrument_usb_put_obj, instrument_usb_put);

// drop(buffer, count, fill) -> fill: takes `count` bytes away from the beginning of buffer[:fill].
static mp_obj_t instrument_usb_drop(mp_obj_t buffer_in, mp_obj_t count_in, mp_obj_t fill_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_WRITE);
    size_t count = mp_obj_get_int(count_in), fill = mp_obj_get_int(fill_in);
    if (fill > buffer.len || count > fill) {
        mp_raise_ValueError(MP_ERROR_TEXT("not in the buffer"));
    }
    memmove(buffer.buf, (uint8_t *)buffer.buf + count, fill - count);
    return MP_OBJ_NEW_SMALL_INT(fill - count);
}
static MP_DEFINE_CONST_FUN_OBJ_3(instrument_usb_drop_obj, instrument_usb_drop);

static const mp_rom_map_elem_t instrument_usb_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_instrument_usb) },
    { MP_ROM_QSTR(MP_QSTR_take), MP_ROM_PTR(&instrument_usb_take_obj) },
    { MP_ROM_QSTR(MP_QSTR_put), MP_ROM_PTR(&instrument_usb_put_obj) },
    { MP_ROM_QSTR(MP_QSTR_drop), MP_ROM_PTR(&instrument_usb_drop_obj) },
};
static MP_DEFINE_CONST_DICT(instrument_usb_globals, instrument_usb_globals_table);

const mp_obj_module_t instrument_usb_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&instrument_usb_globals,
};
MP_REGISTER_MODULE(MP_QSTR_instrument_usb, instrument_usb_module);
