// Copies the hot set, code and constants that a tick uses much, from flash into RAM (memory.ld). Here, just after the
// clocks, and not by crt0 like other data: that runs at 6.5 MHz, where 58 KB take 130 ms; at full speed it is 7.
#include "pico/runtime_init.h"

extern uint32_t __hot_set_start__[], __hot_set_end__[];
extern const uint32_t __hot_set_source__[];

static void copy_hot_set(void) {
    const uint32_t *source = __hot_set_source__;
    // Volatile, lest the compiler calls memcpy, which may itself be what is copied.
    for (volatile uint32_t *target = __hot_set_start__; target < __hot_set_end__; target++) {
        *target = *source++;
    }
}

// PICO_RUNTIME_INIT_CLOCKS is 00500.
PICO_RUNTIME_INIT_FUNC(copy_hot_set, "00501");
