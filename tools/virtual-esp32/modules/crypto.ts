/** crypto.c: hashes. Its table of sizes is wrong for SHA224 and SHA384, which come with bytes of the stack behind them. */
import type { Hash, Hmac } from "node:crypto";
import { createHash, createHmac } from "node:crypto";
import type { Chip } from "../chip";
import type { LuaState } from "../lua";
import { lauxlib, lua } from "../lua";
import { checkObject, checkText, newObject, raise, setFunctions } from "../bind";

const sizes: Readonly<Record<string, number>> = { md5: 16, ripemd160: 20, sha1: 20, sha224: 32, sha256: 32, sha384: 64, sha512: 64 };

interface Hasher {
  readonly hash: Hash | Hmac;
  readonly size: number;
  isFinal: boolean;
}

export function registerCrypto({ vm, random }: Chip): void {
  const className = "crypto.hasher";

  function start(L: LuaState, make: (name: string) => Hash | Hmac): number {
    const asked = checkText(L, 1);
    const name = asked.toLowerCase();
    const size = sizes[name] ?? raise(L, `Unsupported algorithm: ${asked}`);
    if (name === "ripemd160") raise(L, "Error starting context");
    newObject(L, className, { hash: make(name), size, isFinal: false } satisfies Hasher);
    return 1;
  }

  vm.addClass(className, {
    update(L) {
      const hasher = checkObject<Hasher>(L, 1, className);
      const input = lauxlib.luaL_checkstring(L, 2);
      if (!hasher.isFinal) hasher.hash.update(input);
      return 0;
    },
    finalize(L) {
      const hasher = checkObject<Hasher>(L, 1, className);
      // What the stack holds, and what a second finalize gives, is anyone's guess.
      const output = Buffer.from(Array.from({ length: hasher.size }, () => Math.floor(random() * 256)));
      if (!hasher.isFinal) hasher.hash.digest().copy(output);
      hasher.isFinal = true;
      lua.lua_pushstring(L, output);
      return 1;
    },
  });
  vm.addModule("crypto", (L) =>
    setFunctions(L, {
      new_hash: (state) => start(state, (name) => createHash(name)),
      new_hmac(state) {
        const key = lauxlib.luaL_checkstring(state, 2);
        return start(state, (name) => createHmac(name, key));
      },
    }),
  );
}
