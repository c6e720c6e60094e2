"""MicroPython's sources and what its rp2 port is built with, all from Debian 13, unpacked and joined in the cache."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import cache
from .debian import PrivateApt, run_with_own_libraries
from .errors import ToolchainError
from .progress import run, step

SUITE = "trixie"
MICROPYTHON_VERSION = "1.25.0"
# Of the day of that release. Dates of compilation then say nothing of the machine, and equal builds are equal.
RELEASE_EPOCH_S = "1744675200"

# Package -> the upstream version that this project was built and tested with.
SOURCE_PACKAGES = {"micropython": MICROPYTHON_VERSION}
BINARY_PACKAGES = {"pico-sdk-source": "2.1.1", "tinyusb-source": "0.18.0", "pioasm": "2.1.1", "picotool": "2.1.1"}
# The two tools are Debian 13's programs. With its libraries beside them they run on older releases as well.
TOOL_LIBRARIES = ("libc6", "libstdc++6", "libgcc-s1", "libusb-1.0-0", "libudev1", "libcap2")
TOOLS = ("pioasm", "picotool")


@dataclass(frozen=True)
class Patch:
    """One exact replacement in a file of MicroPython's, and why."""

    path: str
    old: str
    new: str
    why: str


PATCHES = (
    Patch(
        "py/builtinimport.c",
        "    qstr file_qstr = qstr_from_str(file_str);\n\n    // If we support loading .mpy",
        "    #if MICROPY_VFS_ROM && MICROPY_PERSISTENT_CODE_LOAD && !MICROPY_PY___FILE__\n"
        "    if (file_str[file->len - 3] == 'm') {\n"
        "        mp_obj_t opened = mp_call_function_2(MP_OBJ_FROM_PTR(&mp_builtin_open_obj),\n"
        "            mp_obj_new_str(file_str, file->len), MP_OBJ_NEW_QSTR(MP_QSTR_rb));\n"
        "        mp_buffer_info_t rom;\n"
        "        if (mp_get_buffer(opened, &rom, MP_BUFFER_READ)) {\n"
        "            mp_reader_t reader;\n"
        "            mp_reader_new_mem(&reader, rom.buf, rom.len, MP_READER_IS_ROM);\n"
        "            mp_compiled_module_t loaded;\n"
        "            loaded.context = module_obj;\n"
        "            mp_raw_code_load(&reader, &loaded);\n"
        "            do_execute_proto_fun(loaded.context, loaded.rc, MP_QSTRnull);\n"
        "            return;\n"
        "        }\n"
        "    }\n"
        "    #endif\n\n"
        "    qstr file_qstr = qstr_from_str(file_str);\n\n    // If we support loading .mpy",
        "the path of each module of a slot, 35 characters, stayed on the heap for good as a name",
    ),
    Patch(
        "py/asmthumb.c",
        "            asm_thumb_add_rlo_rlo_rlo(as, reg_dest, reg_dest, reg_dest);\n",
        "            asm_thumb_add_rlo_rlo_rlo(as, reg_dest, reg_dest, reg_base);\n",
        "native code for a Cortex-M0+ read names from the wrong place, where a module has more than 287 of them",
    ),
    Patch(
        "ports/rp2/mphalport.h",
        "#define MICROPY_HW_USB_CDC_TX_TIMEOUT (500)\n",
        "#ifndef MICROPY_HW_USB_CDC_TX_TIMEOUT\n#define MICROPY_HW_USB_CDC_TX_TIMEOUT (500)\n#endif\n",
        "a board may say how long a write waits for a host that does not read (shared/tinyusb already allows it)",
    ),
    Patch(
        "shared/tinyusb/mp_usbd_cdc.c",
        "        tud_cdc_write_flush();\n        i += n2;\n",
        "        tud_cdc_write_flush();\n        if (n2 == 0) {\n            break;\n        }\n        i += n2;\n",
        "a write to a port that was open as the bus fell silent (cable out, laptop asleep) waited until it came back",
    ),
    Patch(
        "shared/tinyusb/mp_usbd_cdc.c",
        "            if (n == 0) {\n                break;\n",
        "            if (n == 0) {\n                tud_cdc_write_flush();\n                break;\n",
        "and one to a port that came back with what had filled it meanwhile sent nothing until a start of frame came",
    ),
    Patch(
        "ports/rp2/CMakeLists.txt",
        "${CMAKE_CURRENT_LIST_DIR}/memmap_mp_rp2040.ld",
        "${MICROPY_BOARD_DIR}/memory.ld",
        "the board says what is in flash and what in RAM",
    ),
    Patch(
        "py/mkrules.cmake",
        "add_custom_target(\n    BUILD_VERSION_HEADER ALL\n    BYPRODUCTS ${MICROPY_MPVERSION}\n",
        "add_custom_command(\n    OUTPUT ${MICROPY_MPVERSION}\n",
        "the version of these sources does not change; made at every build it costs 8 s",
    ),
    Patch(
        "tools/mpy-tool.py",
        "            # ARMVxxM or RV32IMC -- two byte align.\n"
        '            self.fun_data_attributes += " __attribute__ ((aligned (2)))"\n',
        '            self.fun_data_attributes += " __attribute__ ((aligned (4)))"\n',
        "frozen native functions begin with a word that is read as one; a Cortex-M0+ faults on it at an odd halfword",
    ),
    Patch(
        "tools/mpy-tool.py",
        'section(".text,\\\\"ax\\\\",%progbits @ ")))\'\n',
        'section(".text.fun_data_%s,\\\\"ax\\\\",%%progbits @ ")))\' % self.escaped_name\n',
        "each frozen native function has a section of its own, so that the linker can put it into RAM",
    ),
    Patch(
        "tools/mpy-tool.py",
        "            self.simple_name = self.qstr_table[0]\n\n        escaped_name",
        "            self.simple_name = RawCode.stored_as or self.qstr_table[0]\n\n        escaped_name",
        "a viper function has the name that it is stored as, not a number that changes with what stands before it",
    ),
    Patch(
        "tools/mpy-tool.py",
        "    escaped_names = set()\n",
        "    escaped_names = set()\n    stored_as = None\n",
        "where there is no such name",
    ),
    Patch(
        "tools/mpy-tool.py",
        "        for _ in range(n_children):\n            rc.children",
        "        names = child_names(rc)\n        for child in range(n_children):\n"
        "            RawCode.stored_as = names.get(child)\n            rc.children",
        "the same",
    ),
    Patch(
        "tools/mpy-tool.py",
        "def read_raw_code(",
        """def child_names(rc):
    # The name that bytecode stores each function under, right after it has made it.
    names, made = {}, None
    ip = rc.offset_opcodes if rc.code_kind == MP_CODE_BYTECODE else len(rc.fun_data)
    while ip < len(rc.fun_data):
        opcode = rc.fun_data[ip]
        _, size, arg, _ = mp_opcode_decode(rc.fun_data, ip)
        if opcode in (Opcode.MP_BC_STORE_NAME, Opcode.MP_BC_STORE_GLOBAL) and made is not None:
            names[made] = rc.qstr_table[arg]
        made = arg if opcode in (Opcode.MP_BC_MAKE_FUNCTION, Opcode.MP_BC_MAKE_FUNCTION_DEFARGS) else None
        ip += size
    return names


def read_raw_code(""",
        "the same",
    ),
    Patch(
        "tools/boardgen.py",
        "for board_pin_name, board_hidden in pin._board_pin_names:",
        "for board_pin_name, board_hidden in sorted(pin._board_pin_names):",
        "a pin's names came in the order of a set, another one at every build: equal sources gave other bytes",
    ),
    Patch(
        "py/gc.c",
        "        area->gc_last_used_block = MAX(area->gc_last_used_block, end_block);\n\n        GC_EXIT();\n",
        "        area->gc_last_used_block = MAX(area->gc_last_used_block, end_block - 1);\n\n        GC_EXIT();\n",
        "a block grown in place up to the heap's end: the next collection read the finaliser table past its end and the"
        " stack as an object, and faulted",
    ),
    Patch(
        "py/persistentcode.c",
        "        size_t fun_alloc;\n"
        "        MP_PLAT_ALLOC_EXEC(fun_data_len, (void **)&fun_data, &fun_alloc);\n"
        "        read_bytes(reader, fun_data, fun_data_len);\n",
        "        #if MICROPY_NATIVE_CODE_IN_PLACE\n"
        "        if (((uintptr_t)mp_reader_try_read_rom(reader, 0) & 3) == 0) {\n"
        "            fun_data = (uint8_t *)mp_reader_try_read_rom(reader, fun_data_len);\n"
        "        }\n"
        "        #endif\n"
        "        if (fun_data == NULL) {\n"
        "            size_t fun_alloc;\n"
        "            MP_PLAT_ALLOC_EXEC(fun_data_len, (void **)&fun_data, &fun_alloc);\n"
        "            read_bytes(reader, fun_data, fun_data_len);\n"
        "        }\n",
        "native code runs where it lies in a ROM file system, at a word's boundary, as bytecode does: copied, an"
        " application took 20 kB of the heap",
    ),
    # Nothing of ours is C++: its library for the Pico would take 1.6 GB on every machine that builds.
    Patch(
        "ports/rp2/CMakeLists.txt",
        "add_executable(${MICROPY_TARGET})\n",
        "add_executable(${MICROPY_TARGET})\n"
        "set_target_properties(${MICROPY_TARGET} PROPERTIES LINKER_LANGUAGE C)\n"
        "target_link_libraries(${MICROPY_TARGET} m)\n",
        "no C++: linked as C, which does not bring the mathematics library by itself",
    ),
    Patch(
        "lib/pico-sdk/src/rp2_common/pico_cxx_options/CMakeLists.txt",
        "    target_sources(pico_cxx_options INTERFACE\n        ${CMAKE_CURRENT_LIST_DIR}/new_delete.cpp\n    )\n",
        "",
        "no C++",
    ),
    # No network on this board: without TLS the build takes 76 objects less. SHA-256 remains.
    Patch("ports/rp2/CMakeLists.txt", "set(MICROPY_SSL_MBEDTLS ON)", "set(MICROPY_SSL_MBEDTLS OFF)", "no TLS"),
    Patch("ports/rp2/CMakeLists.txt", "    mbedtls/mbedtls_port.c\n", "", "no TLS"),
    Patch("ports/rp2/CMakeLists.txt", "target_link_libraries(${MICROPY_TARGET} micropy_lib_mbedtls)\n", "", "no TLS"),
    Patch(
        "ports/rp2/mpconfigport.h",
        "#define MICROPY_SSL_MBEDTLS                     (1)",
        "#define MICROPY_SSL_MBEDTLS                     (0)",
        "no TLS",
    ),
    Patch(
        "ports/rp2/mpconfigport.h",
        "#define MICROPY_PY_HASHLIB_SHA1                 (1)",
        "#define MICROPY_PY_HASHLIB_SHA1                 (0)",
        "needs the TLS library",
    ),
    Patch(
        "ports/rp2/mpconfigport.h",
        "#define MICROPY_PY_CRYPTOLIB                    (1)",
        "#define MICROPY_PY_CRYPTOLIB                    (0)",
        "needs the TLS library",
    ),
)

# Counts changes of the code below that change what it makes; the tables above count by themselves.
_RECIPE = 2
# Unpacked sources that are kept: this version's and the one before, for work on two branches.
_KEPT = 2


@dataclass(frozen=True)
class Sources:
    """The unpacked tree: `micropython`, `usr` (SDK, TinyUSB, tools), and the packages' exact versions."""

    folder: Path
    versions: dict[str, str]

    @property
    def micropython(self) -> Path:
        return self.folder / "micropython"

    @property
    def usr(self) -> Path:
        return self.folder / "debian" / "usr"

    def key_parts(self) -> list[tuple[str, str]]:
        """What of these sources decides what is built from them."""
        return [("sources", self.folder.name), ("versions", json.dumps(self.versions, sort_keys=True))]


def _key() -> str:
    tables = [_RECIPE, SUITE, SOURCE_PACKAGES, BINARY_PACKAGES, TOOL_LIBRARIES, TOOLS]
    patches = [(patch.path, patch.old, patch.new) for patch in PATCHES]
    return cache.key([("tables", json.dumps([*tables, patches], sort_keys=True))])


def ensure(logs: Path) -> Sources:
    """The sources, from the cache or fetched and unpacked now. Call it under the cache's lock."""
    folder = cache.root() / f"sources-{_key()}"
    if not (folder / "versions.json").exists():
        cache.check_space()
        _fetch_and_unpack(folder, logs)
        cache.prune(cache.root(), "sources-*", _KEPT)
    return Sources(cache.used(folder), json.loads((folder / "versions.json").read_text()))


def present() -> Sources | None:
    """The sources if they are in the cache already."""
    folder = cache.root() / f"sources-{_key()}"
    marker = folder / "versions.json"
    return Sources(cache.used(folder), json.loads(marker.read_text())) if marker.exists() else None


def _fetch_and_unpack(folder: Path, logs: Path) -> None:
    apt = PrivateApt(cache.root() / "debian", SUITE, logs)
    apt.update()
    apt.fetch((*BINARY_PACKAGES, *TOOL_LIBRARIES), tuple(SOURCE_PACKAGES))
    otherwise = f"remove {apt.downloads} and run the same command again"
    versions = {}
    with cache.publish(folder) as partial, step("unpacking sources"):
        for name, version in SOURCE_PACKAGES.items():
            description = apt.newest(f"{name}_{version}*.dsc")
            versions[name] = description.stem.split("_", 1)[1]
            # apt has checked the sums against the signed archive; the uploader's own signature adds nothing to that.
            run(
                ["dpkg-source", "--no-check", "-x", description, partial / name], logs / f"unpack-{name}.log", otherwise
            )
        for name in (*BINARY_PACKAGES, *TOOL_LIBRARIES):
            archive = apt.newest(f"{name}_{BINARY_PACKAGES.get(name, '')}*.deb")
            versions[name] = archive.stem.split("_")[1].replace("%3a", ":")
            run(["dpkg-deb", "-x", archive, partial / "debian"], logs / f"unpack-{name}.log", otherwise)
        _join(partial)
        for patch in PATCHES:
            apply(patch, partial / "micropython")
        (partial / "versions.json").write_text(json.dumps(versions, indent=1, sort_keys=True))


def _join(folder: Path) -> None:
    """Put the SDK and TinyUSB where MicroPython looks for them, and make the tools start."""
    library = folder / "micropython" / "lib"
    for name in ("pico-sdk", "tinyusb"):
        place = library / name
        if place.is_dir():
            shutil.rmtree(place)  # Debian leaves an empty folder
        place.symlink_to(Path("../../debian/usr/src") / name)
    # The build asks for this file as a sign that the optional library is there; nothing of it is used.
    (library / "micropython-lib").mkdir(exist_ok=True)
    (library / "micropython-lib" / "README.md").touch()
    for tool in TOOLS:
        run_with_own_libraries(folder / "debian" / "usr" / "bin" / tool, folder / "debian")


def apply(patch: Patch, tree: Path) -> None:
    """Apply one patch. Raises ToolchainError unless the old text is there exactly once."""
    path = tree / patch.path
    text = path.read_text()
    if text.count(patch.old) != 1:
        raise ToolchainError(
            f"{patch.path} is not the file that was patched ({patch.why})",
            "the sources are another version than this project knows: adapt PATCHES in firmware/toolchain/sources.py",
        )
    path.write_text(text.replace(patch.old, patch.new))
