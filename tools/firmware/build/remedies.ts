/** What is known to stop NodeMCU's build on a person's machine, and the command that helps. */

const remedies: readonly { readonly sign: RegExp; readonly remedy: (clone: string) => string }[] = [
  {
    sign: /"cmake" must be available|cmake: command not found|ninja: command not found|"ninja".*must be available/i,
    remedy: () => "cmake or ninja is missing: sudo apt-get install cmake ninja-build",
  },
  {
    sign: /No module named ziglang|ziglang: (command )?not found/,
    remedy: (clone) => `the compiler for luac.cross is missing: (cd ${clone} && ./install.sh), or set HOSTCC=gcc`,
  },
  { sign: /perl: (command )?not found/, remedy: () => "perl is missing: sudo apt-get install perl" },
  {
    sign: /(xtensa|riscv32)-esp[\w-]*gcc.*(not found|not a full path)|ERROR: tool \S+ has no installed versions/,
    remedy: (clone) => `ESP-IDF's compiler for this chip is missing: (cd ${clone} && ./install.sh)`,
  },
  {
    sign: /components\.espressif\.com|Cannot establish a connection to the component registry|NetworkConnectionError/,
    remedy: () => "the first build fetches libsodium from Espressif's component registry: connect to the network and build again",
  },
  {
    sign: /app partitions? (is|are) too small|partition is too small for binary|overflows? the .*partition/i,
    remedy: () => "the image does not fit its slot: leave modules out, or build for a larger flash, such as FLASH=8MB",
  },
  {
    sign: /region `?\w+'? overflowed|will not fit in region/,
    remedy: () => "the program does not fit the chip's memory: leave modules out",
  },
  { sign: /No space left on device/, remedy: () => "the disk is full: a build needs 500 MB" },
];

/** The remedy for what the end of a log shows; undefined for what is not known. */
export function remedyFor(log: string, clone: string): string | undefined {
  return remedies.find(({ sign }) => sign.test(log))?.remedy(clone);
}
