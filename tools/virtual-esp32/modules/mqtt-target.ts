/** The arguments of `connect`, told apart by their place and type alone (mqtt.c mqtt_connect). */
import { checkText, raise } from "../bind";
import type { LuaState } from "../lua";
import { lauxlib, lua, luaType } from "../lua";
import type { TlsIdentity } from "../tls";

const defaultPort = 1883;

/** Where to connect to; `identity` is set for TLS. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly identity: TlsIdentity | undefined;
}

/** The arguments of connect, by position and type. `takesPlainPem`: our component is there. */
export function readTarget(
  L: LuaState,
  takesPlainPem: boolean,
  keep: (slot: "connectOk" | "connectFailed", index: number) => void,
): Target {
  let host = checkText(L, 2);
  const uri = /^(mqtts?|wss?):\/\/([^:/]+)(?::(\d+))?/.exec(host);
  const isMqttUri = uri !== null && uri[1]!.startsWith("mqtt");
  let port = defaultPort;
  let isSecure = false;
  let n = 3;
  const none: TlsIdentity = { ca: undefined, certificate: undefined, key: undefined };
  let identity = none;
  if (lua.lua_isnumber(L, n)) {
    if (isMqttUri) raise(L, "port arg must be nil if giving full uri");
    port = Math.trunc(lua.lua_tonumber(L, n++));
  } else if (lua.lua_type(L, n) === luaType.nil) n++;
  if (lua.lua_isnumber(L, n)) {
    if (isMqttUri) raise(L, "secure on/off determined by uri");
    isSecure = lauxlib.luaL_checkinteger(L, n++) !== 0;
  } else if (lua.lua_type(L, n) === luaType.nil) n++;
  else if (lua.lua_istable(L, n)) {
    isSecure = true;
    const read = (name: string): Buffer | undefined => pem(L, n, name, takesPlainPem);
    identity = { ca: read("ca_cert"), certificate: read("client_cert"), key: read("client_key") };
    n++;
  }
  if (lua.lua_isnumber(L, n)) n++; // autoreconnect, which never works: the client is destroyed at every disconnect
  if (lua.lua_isfunction(L, n)) keep("connectOk", n++);
  if (lua.lua_isfunction(L, n)) keep("connectFailed", n++);
  if (uri !== null) {
    host = uri[2]!;
    isSecure = uri[1] === "mqtts" || uri[1] === "wss";
    port = uri[3] === undefined ? (isSecure ? 8883 : defaultPort) : Number(uri[3]);
    if (!isMqttUri) raise(L, "MQTT library failed to start"); // WebSocket is not in the build
  }
  return { host, port, identity: isSecure ? identity : undefined };
}

function pem(L: LuaState, table: number, name: string, takesPlainPem: boolean): Buffer | undefined {
  const isThere = lua.lua_getfield(L, table, name) !== luaType.nil;
  const data = isThere ? Buffer.from(lauxlib.luaL_checkstring(L, -1)) : undefined;
  lua.lua_pop(L, 1);
  // Mbed TLS takes data for PEM only when the last byte counted is NUL; NodeMCU counts without it. Such data is read as DER, and is none.
  // Our component gives no length, and mbedTLS then takes the text up to its NUL.
  if (!takesPlainPem && data !== undefined && data.includes("-----BEGIN") && data[data.length - 1] !== 0) return Buffer.from([0x30]);
  return data;
}
