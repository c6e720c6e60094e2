// Sapper's settings of MicroPython's rp2 port; the port's own defaults hold for the rest.
#define MICROPY_HW_BOARD_NAME               "Sapper rover"

// 2 MB of flash: the firmware gets the first half; flash_layout.py shares out the second.
#define MICROPY_HW_FLASH_STORAGE_BYTES      (1024 * 1024)

// Brings the ROM file system in, which the update slots are mounted with. The port's own partition for it, one
// sector below the storage, stays blank.
#define MICROPY_HW_ROMFS_BYTES              (4096)

// MicroPython's own USB vendor and product numbers stay, so that its tools know the board.
#define MICROPY_HW_USB_VID                  (0x2E8A)
#define MICROPY_HW_USB_PID                  (0x0005)
#define MICROPY_HW_USB_MANUFACTURER_STRING  "Sapper"
#define MICROPY_HW_USB_PRODUCT_FS_STRING    "Sapper rover"

// Nothing asks a module for its file: a place in the dictionary of each, on the heap.
#define MICROPY_PY___FILE__                 (0)

// Both UARTs are the application's: telemetry radio and GNSS receiver.
#define MICROPY_HW_ENABLE_UART_REPL         (0)

// The second core is not used. Without threads there is no lock around every allocation and every dictionary.
#define MICROPY_PY_THREAD                   (0)

// Where in its dictionary a name was last found, a byte for each two of these: enough that no two names of the tick
// share one often.
#define MICROPY_OPT_MAP_LOOKUP_CACHE_SIZE   (2048)

// A write to USB waits for a host that does not read, up to so many milliseconds. Never while a script runs that
// has turned Ctrl-C off (micropython.kbd_intr(-1)): that is the control loop, and what does not fit is dropped.
// Outside a script (no handler on the exception stack) the character is -1 as well: there the prompt, tracebacks
// and the raw REPL's end marks must get through.
extern int mp_interrupt_char;
#define MICROPY_HW_USB_CDC_TX_TIMEOUT \
    ((mp_uint_t)(mp_interrupt_char == -1 && MP_STATE_THREAD(nlr_top) != NULL ? 0 : 500))

// Native code of an update slot runs in place, if it begins at a word's boundary there; that of the hot set is laid on
// none (firmware/toolchain/code_places.py).
#define MICROPY_NATIVE_CODE_IN_PLACE        (1)

// Native code that is copied goes where sapper_hot_set.c has room for it, else onto the heap.
void sapper_native_code_alloc(size_t size, void **code, size_t *got);
void sapper_native_code_free(void *code, size_t size);
#define MP_PLAT_ALLOC_EXEC(min_size, ptr, size)     sapper_native_code_alloc(min_size, ptr, size)
#define MP_PLAT_FREE_EXEC(ptr, size)                sapper_native_code_free(ptr, size)

// main.c declares MicroPython's tag as the program's version. The version is Sapper's (sapper_info.c);
// MicroPython's is listed among the features.
#undef bi_program_version_string
#define bi_program_version_string(tag)      bi_program_feature("MicroPython " tag)
