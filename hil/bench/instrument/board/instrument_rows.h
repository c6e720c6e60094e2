// The pure part of instrument_rows.c, for its test as well: no MicroPython, no hardware.
//
// Of the entries that the watcher puts down nearly all only go on with rows of pulses that were told: 80,000 a second while
// both tracks run. reducer.py's `scan` gives some 500 cycles to each; here it is 100 (where the emulated instrument's program
// was, each 20 us of a sweep). What an entry does in the reducer's state is what `scan` does, name by name; an entry that is
// anything else is left to it, and so are all that follow.
#ifndef INSTRUMENT_ROWS_H
#define INSTRUMENT_ROWS_H

#include <stdbool.h>
#include <stdint.h>

// reducer.py has the same names.
enum {
    AT, LEVELS, OFFSET, LAST_US = 6, LAST_COUNT, LAST_CYCLES, FIRST = 16, LINE_BITS = 4, LINES = 12,
    MODE = 0, RISE, RISE_AT, HIGH = 4, FALL_AT, TOLD_HIGH, TOLD_PERIOD, TOLD_PHASE, IS_STROBE,
    LEVELS_MASK = 0xFFF, RING = 4095, CYCLES = 0xFFFFFFF, LONGEST = 0xFFFF, COUNT_GOES_ON_US = 500, SLACK = 8, MARK = 0x20000000
};
static const uint32_t CHANGED = ~15u;

// Whether a line that is in a row of pulses just goes on with it, by an edge to `level`. `at_coil`: the transmit pulse has
// an edge in the same entry.
static inline bool goes_on(const uint32_t *s, const uint32_t *line, uint32_t level, uint32_t cycles, bool at_coil) {
    uint32_t since = (cycles - line[RISE]) & CYCLES;
    if (line[MODE] != 2) {
        return false;
    }
    if (level) {
        return (((line[HIGH] - line[TOLD_HIGH] + SLACK) | (since - line[TOLD_PERIOD] + SLACK)) & CHANGED) == 0;
    }
    if (since > LONGEST) {
        return false;
    }
    uint32_t phase = (cycles - s[FIRST + RISE]) & CYCLES;
    return !line[IS_STROBE] || (!at_coil && ((phase - line[TOLD_PHASE] + SLACK) & CHANGED) == 0);
}

// Looks at entries up to `end`, as long as they go on with rows.
static inline void rows_go_on(uint32_t *s, uint32_t *levels, const uint32_t *micros, const uint32_t *counts, uint32_t end) {
    uint32_t at = s[AT], before = s[LEVELS], us = s[LAST_US], count = s[LAST_COUNT], cycles = s[LAST_CYCLES];
    if (at == end || levels[(at - 1) & RING] != MARK) {
        return; // nothing new; or the DMA has gone round
    }
    for (; at != end; at = (at + 1) & RING) {
        uint32_t now_us = micros[at], now_count = counts[at], now;
        if (((now_us - us) & CYCLES) < COUNT_GOES_ON_US) {
            now = (cycles + ((now_count - count) & 0xFFFF)) & CYCLES;
        } else {
            now = (now_us * 125) & CYCLES;
            now = (now + (uint32_t)(int16_t)(now_count - s[OFFSET] - now)) & CYCLES;
        }
        uint32_t after = levels[at] & LEVELS_MASK, changed = after ^ before;
        uint32_t *line = s + FIRST;
        for (uint32_t bit = 1; bit <= changed; bit <<= 1, line += 1 << LINE_BITS) {
            if ((changed & bit) && !goes_on(s, line, after & bit, now, changed & 1)) {
                goto out;
            }
        }
        line = s + FIRST;
        for (uint32_t bit = 1; bit <= changed; bit <<= 1, line += 1 << LINE_BITS) {
            if (!(changed & bit)) {
                continue;
            }
            if (after & bit) {
                line[RISE] = now;
                line[RISE_AT] = at;
            } else {
                line[HIGH] = (now - line[RISE]) & CYCLES;
                line[FALL_AT] = at;
            }
        }
        before = after;
        us = now_us;
        count = now_count;
        cycles = now;
    }
out:
    levels[(at - 1) & RING] = MARK;
    s[AT] = at;
    s[LEVELS] = before;
    s[LAST_US] = us;
    s[LAST_COUNT] = count;
    s[LAST_CYCLES] = cycles;
}

#endif
