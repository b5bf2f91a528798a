/** file.c: names, not contents; those go through `io`. */
import type { Chip } from "../chip";
import { lua } from "../lua";
import { totalBytes } from "../spiffs";
import { checkText, raise, setFunctions } from "../bind";

export function registerFile({ vm, fs }: Chip): void {
  vm.addModule("file", (L) =>
    setFunctions(L, {
      list(state) {
        lua.lua_newtable(state);
        for (const [name, sizeBytes] of fs.list()) {
          // readdir gives "/foo" as foo, and stat of that is about another file: size 0 unless that one exists.
          const shown = name.replace(/^\//, "");
          lua.lua_pushinteger(state, shown === name ? sizeBytes : (fs.list().get(shown) ?? 0));
          lua.lua_setfield(state, -2, Buffer.from(shown, "latin1"));
        }
        return 1;
      },
      exists(state) {
        lua.lua_pushboolean(state, fs.exists(checkText(state, 1)));
        return 1;
      },
      remove(state) {
        fs.remove(checkText(state, 1));
        return 0;
      },
      rename(state) {
        lua.lua_pushboolean(state, fs.rename(checkText(state, 1), checkText(state, 2)));
        return 1;
      },
      fsinfo(state) {
        const used = fs.usedBytes();
        for (const value of [totalBytes - used, used, totalBytes]) lua.lua_pushinteger(state, value);
        return 3;
      },
      format() {
        fs.format();
        return 0;
      },
      mkdir: (state) => raise(state, `failed to create directory '${checkText(state, 1)}'; code 88`),
      rmdir: (state) => raise(state, `failed to remove directory '${checkText(state, 1)}'; code 88`),
    }),
  );
}
