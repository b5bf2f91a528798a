/** encoder.c: base64 and hexadecimal. */
import type { Chip } from "../chip";
import { lauxlib, lua } from "../lua";
import { checkText, raise, setFunctions } from "../bind";

export function registerEncoder({ vm }: Chip): void {
  vm.addModule("encoder", (L) =>
    setFunctions(L, {
      toBase64(state) {
        lua.lua_pushstring(state, Buffer.from(lauxlib.luaL_checkstring(state, 1)).toString("base64"));
        return 1;
      },
      fromBase64(state) {
        const text = checkText(state, 1);
        if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) raise(state, "Invalid base64 string");
        lua.lua_pushstring(state, Buffer.from(text, "base64"));
        return 1;
      },
      toHex(state) {
        lua.lua_pushstring(state, Buffer.from(lauxlib.luaL_checkstring(state, 1)).toString("hex"));
        return 1;
      },
      fromHex(state) {
        const text = checkText(state, 1);
        if (text.length % 2 !== 0 || !/^[\da-fA-F]*$/.test(text)) raise(state, "Invalid hex string");
        lua.lua_pushstring(state, Buffer.from(text, "hex"));
        return 1;
      },
    }),
  );
}
