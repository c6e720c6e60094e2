// What `picotool info` shows of the instrument's UF2 or board.
#include "pico/binary_info.h"
#include "instrument_build.h" // generated: SAPPER_VERSION, SAPPER_REVISION

// mpconfigboard.h, where it was included first, renames this for MicroPython's own tag.
#undef bi_program_version_string
#define bi_program_version_string(version) \
    bi_string(BINARY_INFO_TAG_RASPBERRY_PI, BINARY_INFO_ID_RP_PROGRAM_VERSION_STRING, version)

bi_decl(bi_program_name("sapper-instrument"));
bi_decl(bi_program_version_string(SAPPER_VERSION "+" SAPPER_REVISION));
bi_decl(bi_program_description("The instrument of Sapper's bench: plays, watches, stamps"));
