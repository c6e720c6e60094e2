// The instrument's settings of MicroPython's rp2 port; the port's own defaults hold for the rest.
#define MICROPY_HW_BOARD_NAME               "Sapper bench instrument"

// No file system is mounted; the port wants room for one.
#define MICROPY_HW_FLASH_STORAGE_BYTES      (64 * 1024)

// MicroPython's own USB vendor and product numbers stay; the strings tell the instrument from a rover.
#define MICROPY_HW_USB_VID                  (0x2E8A)
#define MICROPY_HW_USB_PID                  (0x0005)
#define MICROPY_HW_USB_MANUFACTURER_STRING  "Sapper"
#define MICROPY_HW_USB_PRODUCT_FS_STRING    "Sapper bench instrument"

#define MICROPY_PY___FILE__                 (0)

// Where in its dictionary a name was last found: enough that no two names of a turn share a place often.
#define MICROPY_OPT_MAP_LOOKUP_CACHE_SIZE   (2048)
#define MICROPY_HW_ENABLE_UART_REPL         (0)

// The second core is not used; without threads there is no lock around every dictionary.
#define MICROPY_PY_THREAD                   (0)

// Standard input is not used.
#define MICROPY_HW_STDIN_BUFFER_LEN         (16)

// main.c declares MicroPython's tag as the program's version. The version is Sapper's (instrument_info.c);
// MicroPython's is listed among the features.
#undef bi_program_version_string
#define bi_program_version_string(tag)      bi_program_feature("MicroPython " tag)
