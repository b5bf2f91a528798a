/** What stops a build on a person's machine, in the words of the programs that say it: each has its remedy. */
import { expect, test } from "vitest";
import { remedyFor } from "../tools/firmware/build/remedies";

test.each([
  // tools/idf_py_actions/tools.py of ESP-IDF v5.1.3
  ['"cmake" must be available on the PATH to use idf.py', "cmake is missing: sudo apt-get install cmake ninja-build"],
  // components/lua/lua-5.3/host/idf.mk of NodeMCU
  [
    "/home/me/.espressif/python_env/idf5.1_py3.11_env/bin/python: No module named ziglang\nmake[3]: *** [idf.mk:57: lapi.o] Error 1",
    "the compiler for luac.cross is missing: (cd /nodemcu && ./install.sh), or set HOSTCC=gcc",
  ],
  ["perl -w /nodemcu/tools/ucg_config.pl\n/bin/sh: 1: perl: not found\nninja: build stopped: subcommand failed.", "perl is missing"],
  ["/bin/bash: line 1: perl: command not found", "perl is missing"],
  // components/modules/CMakeLists.txt of NodeMCU with mawk, and what it leads to much later, in colour.
  ["awk: line 2: function strtonum never defined\n-- Configuring done", "awk does not know strtonum: sudo apt-get install gawk"],
  [
    "\u001b[01m\u001b[Kcomponents/modules/node.c:475:45:\u001b[m\u001b[K \u001b[01;31m\u001b[Kerror: \u001b[m\u001b[Kexpected expression before '\u001b[01m\u001b[K,\u001b[m\u001b[K' token",
    "awk does not know strtonum",
  ],
  // CMake breaks its lines.
  [
    'The CMAKE_C_COMPILER:\n\n    xtensa-esp32-elf-gcc\n\n  is not a full path and was not found in the PATH.\n\n  Tell CMake where to find the compiler by setting either the environment\n  variable "CC"',
    "ESP-IDF's compiler for this chip is missing: (cd /nodemcu && ./install.sh)",
  ],
  [
    "The CMAKE_CXX_COMPILER:\n\n    riscv32-esp-elf-g++\n\n  is not a full path and was not found in the PATH.",
    "ESP-IDF's compiler for this chip",
  ],
  [
    "ERROR: tool xtensa-esp32-elf has no installed versions. Please run '/nodemcu/sdk/esp32-esp-idf/install.sh' to install it.",
    "ESP-IDF's compiler for this chip",
  ],
  // idf_component_manager/core.py 1.5.3, as CMake shows it
  [
    "CMake Error at sdk/esp32-esp-idf/tools/cmake/build.cmake:540 (message):\n  ERROR: Cannot establish a connection to the component registry.  Are you\n  connected to the internet?\n\n  URL:\n  https://components-file.espressif.com/components/espressif/libsodium.json\n",
    "the first build for a chip fetches libsodium from Espressif's component registry: connect to the network and build again",
  ],
  // components/partition_table/check_sizes.py
  [
    "Error: All app partitions are too small for binary nodemcu.bin size 0x190010:\n  - Part 'ota_0' 0/16 @ 0x20000 size 0x190000 (overflow 0x10)\n  - Part 'ota_1' 0/17 @ 0x1b0000 size 0x190000 (overflow 0x10)",
    "the image does not fit its slot: leave modules out, or build for a larger flash, such as FLASH=8MB",
  ],
  // GNU ld
  [
    "ld: nodemcu.elf section `.dram0.data' will not fit in region `dram0_0_seg'\nld: region `dram0_0_seg' overflowed by 1199000 bytes",
    "the program does not fit the chip's memory: leave modules out",
  ],
  ["ld: region `iram0_0_seg' overflowed by 20 bytes", "the program does not fit the chip's memory"],
  // tools/embed_lfs.sh with more than luac.cross has room for
  [
    'tools/embed_lfs.sh: line 44: 10491 Segmentation fault      ${LUAC_CROSS} -F ${LUAC_OUTPUT}.tmp -a "${LFS_ADDR}" -o ${LUAC_OUTPUT}',
    "the Lua code is too large for NodeMCU's luac.cross",
  ],
  ["fatal error: error writing to /tmp/ccJq.s: No space left on device", "the disk is full"],
])("%j", (log, remedy) => {
  expect(remedyFor(`[11/1050] Building C object main.c.obj\n${log}\nmake: *** [Makefile:10: all] Error 2\n`, "/nodemcu")).toContain(remedy);
});

test.each([
  "main.c:7:3: error: expected ';' before '}' token\nninja: build stopped: subcommand failed.",
  // idf_component_manager/dependencies.py, on a build that goes on with what was fetched before
  "HINT: Cannot establish a connection to the component registry. Skipping checks of dependency changes.\nmain.c:7:3: error: expected ';'",
  "nodemcu.bin binary size 0x134250 bytes. Smallest app partition is 0x190000 bytes. 0x5bdb0 bytes (23%) free.\nmain.c:7:3: error: expected ';'",
])("%j has none of these remedies", (log) => {
  expect(remedyFor(log, "/nodemcu")).toBeUndefined();
});
