// Finds frozen modules quickly. An import asks some ten times whether a name is a file or a folder, and MicroPython's
// own search measures each of a hundred names in flash for each of them: 60 ms of a start (virtual Pico, 48 clocks a
// cache miss). This one looks at hashes in RAM, and reads a name only where they are equal. The linker puts it in the
// place of the other (--wrap, mpconfigboard.cmake). Text modules are not frozen here (manifest.py).
#include <string.h>
#include "py/frozenmod.h"
#include "py/emitglue.h"

#define NAMES_MAX 160
#define FOLDERS_MAX 40

extern const char mp_frozen_names[];
extern const mp_frozen_module_t *const mp_frozen_mpy_content[];

mp_import_stat_t __real_mp_find_frozen_module(const char *path, int *type, void **data);

typedef struct {
    uint16_t hash;
    uint16_t at; // in mp_frozen_names
} entry_t;

static entry_t files[NAMES_MAX]; // in the order of mp_frozen_mpy_content
static entry_t folders[FOLDERS_MAX];
static size_t file_count, folder_count;
static bool is_filled, is_full;

// FNV-1a (Fowler, Noll, Vo), folded to 16 bits.
static uint16_t hash_of(const char *text, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    }
    return hash ^ (hash >> 16);
}

static const entry_t *find(const entry_t *entries, size_t count, const char *path, size_t length, char end) {
    uint16_t hash = hash_of(path, length);
    for (const entry_t *entry = entries; entry < entries + count; entry++) {
        if (entry->hash == hash) {
            const char *name = mp_frozen_names + entry->at;
            // A name ends in 0, so comparing it stops there.
            if (strncmp(name, path, length) == 0 && name[length] == end) {
                return entry;
            }
        }
    }
    return NULL;
}

static void fill(void) {
    is_filled = true;
    for (const char *name = mp_frozen_names; *name; name += strlen(name) + 1) {
        uint16_t at = name - mp_frozen_names;
        for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
            if (!find(folders, folder_count, name, slash - name, '/')) {
                if (folder_count == FOLDERS_MAX) {
                    is_full = true;
                    return;
                }
                folders[folder_count++] = (entry_t) { hash_of(name, slash - name), at };
            }
        }
        if (file_count == NAMES_MAX || name - mp_frozen_names > UINT16_MAX) {
            is_full = true;
            return;
        }
        files[file_count++] = (entry_t) { hash_of(name, strlen(name)), at };
    }
}

mp_import_stat_t __wrap_mp_find_frozen_module(const char *path, int *type, void **data) {
    if (!is_filled) {
        fill();
    }
    if (is_full) {
        return __real_mp_find_frozen_module(path, type, data);
    }
    size_t length = strlen(path);
    if (type) {
        *type = MP_FROZEN_NONE;
    }
    const entry_t *file = find(files, file_count, path, length, 0);
    if (file) {
        if (type) {
            *type = MP_FROZEN_MPY;
            *data = (void *)mp_frozen_mpy_content[file - files];
        }
        return MP_IMPORT_STAT_FILE;
    }
    return find(folders, folder_count, path, length, '/') ? MP_IMPORT_STAT_DIR : MP_IMPORT_STAT_NO_EXIST;
}
