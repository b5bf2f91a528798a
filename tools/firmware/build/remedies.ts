/** What is known to stop NodeMCU's build on a person's machine, and the command that helps. */
import { stripVTControlCharacters } from "node:util";

// Each sign is looked for in one line: CMake breaks what it says into lines of its own.
const remedies: readonly { readonly sign: RegExp; readonly remedy: (clone: string) => string }[] = [
  { sign: /"cmake" must be available/, remedy: () => "cmake is missing: sudo apt-get install cmake ninja-build" },
  {
    sign: /No module named ziglang/,
    remedy: (clone) => `the compiler for luac.cross is missing: (cd ${clone} && ./install.sh), or set HOSTCC=gcc`,
  },
  { sign: /perl: (command )?not found/, remedy: () => "perl is missing: sudo apt-get install perl" },
  {
    sign: /function strtonum never defined|node\.c:\d+:\d+: error: expected expression before ','/,
    remedy: () => "awk does not know strtonum: sudo apt-get install gawk",
  },
  {
    sign: /(xtensa|riscv32)-esp[\w-]*-g(cc|\+\+) is not a full path|ERROR: tool \S+ has no installed versions/,
    remedy: (clone) => `ESP-IDF's compiler for this chip is missing: (cd ${clone} && ./install.sh)`,
  },
  {
    // Without "Are you" it is a remark on a build that goes on with what was fetched before.
    sign: /Cannot establish a connection to the component registry\. Are you connected/,
    remedy: () =>
      "the first build for a chip fetches libsodium from Espressif's component registry: connect to the network and build again",
  },
  {
    sign: /app partitions? (is|are) too small for binary/,
    remedy: () => "the image does not fit its slot: leave modules out, or build for a larger flash, such as FLASH=8MB",
  },
  {
    sign: /region `\w+' overflowed by|will not fit in region/,
    remedy: () => "the program does not fit the chip's memory: leave modules out",
  },
  {
    sign: /Segmentation fault.*LUAC_CROSS/,
    remedy: () => "the Lua code is too large for NodeMCU's luac.cross, which has room for 256 KB",
  },
  { sign: /No space left on device/, remedy: () => "the disk is full: a build needs 500 MB" },
];

/** The remedy for what the end of a log shows; undefined for what is not known. */
export function remedyFor(log: string, clone: string): string | undefined {
  const text = stripVTControlCharacters(log).replace(/\s+/g, " ");
  return remedies.find(({ sign }) => sign.test(text))?.remedy(clone);
}
