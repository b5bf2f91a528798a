/** http.c: requests in a task of their own. Each event waits until its callback has returned, or for `ack`. */
import type { Chip } from "../chip";
import { assertFailed, panic } from "../chip";
import { Fault } from "../fault";
import type { HttpClient, HttpEvents, HttpRequest } from "../http-client";
import { createHttpClient, parseUrl } from "../http-client";
import type { LuaState } from "../lua";
import { bytes, latin1, lauxlib, lua, luaType } from "../lua";
import { httpConfig } from "../component";
import { openLink } from "../tls";
import { checkObject, checkText, newObject, raise, setFunctions, setIntegers } from "../bind";
import { registerOneShots } from "./http-oneshot";
import { readOptions } from "./http-options";

const className = "http.context";
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] as const;
const delayAck = -99;
const slots = ["connect", "headers", "data", "complete"] as const;
type Slot = (typeof slots)[number];
/** Task, buffers and, for https, the TLS context: measured on the running firmware. */
const plainBytes = 8_000;
const tlsBytes = 40_000;

export interface HttpContext {
  readonly client: HttpClient;
  readonly request: HttpRequest;
  readonly isAsync: boolean;
  readonly callbacks: Map<Slot, number>;
  received: [name: string, value: string][];
  status: number;
  isConnected: boolean;
  isBusy: boolean;
  inCallback: boolean;
  shouldClose: boolean;
  /** Lets the task go on; set while it waits for Lua. */
  acknowledge: (() => void) | undefined;
  /** The context keeps itself alive while a request runs. */
  self: number | undefined;
}

export function registerHttp(chip: Chip): void {
  const { vm } = chip;
  const context = (L: LuaState): HttpContext => checkObject<HttpContext>(L, 1, className);
  const idle = (L: LuaState): HttpContext => {
    const c = context(L);
    if (c.isBusy || c.inCallback) raise(L, "Cannot modify connection while a request is active");
    return c;
  };

  function setSlot(c: HttpContext, slot: Slot, ref: number | undefined): void {
    const before = c.callbacks.get(slot);
    if (before !== undefined) vm.unref(before);
    c.callbacks.delete(slot);
    if (ref !== undefined) c.callbacks.set(slot, ref);
  }

  /** Runs a callback; true when it asks for a delayed acknowledgement. */
  function call(c: HttpContext, slot: Slot, pushArguments: (L: LuaState) => number): boolean {
    const callback = c.callbacks.get(slot);
    if (callback === undefined) return false;
    const { L } = vm;
    lua.lua_settop(L, 0);
    vm.push(callback);
    const args = pushArguments(L);
    c.inCallback = slot !== "complete";
    const worked = vm.call(
      () => {
        for (let i = 1; i <= args + 1; i++) lua.lua_pushvalue(L, i);
      },
      args,
      1,
    );
    c.inCallback = false;
    const delays = worked && lua.lua_type(L, -1) === luaType.number && lua.lua_tointeger(L, -1) === delayAck;
    lua.lua_settop(L, 0);
    if (delays && slot !== "data") panic("Cannot delay acknowledgment of callbacks other than 'data'");
    return delays;
  }

  function callHeaders(c: HttpContext): void {
    if (c.received.length === 0) return;
    // The list was built backwards: of headers with the same name the one received first wins.
    const headers = c.received.reverse();
    c.received = [];
    call(c, "headers", (L) => {
      lua.lua_pushinteger(L, c.status);
      lua.lua_newtable(L);
      for (const [name, value] of headers) {
        lua.lua_pushstring(L, Buffer.from(value, "latin1"));
        lua.lua_setfield(L, -2, Buffer.from(name.toLowerCase(), "latin1"));
      }
      return 2;
    });
  }

  /** Posts to Lua and waits. An event that finds the queue full leaves the task waiting for ever. */
  function toLua(c: HttpContext, body: () => boolean): Promise<boolean> {
    return new Promise((resolve) => {
      chip.post("high", () => {
        c.acknowledge = () => {
          c.acknowledge = undefined;
          resolve(c.shouldClose);
          c.shouldClose = false;
        };
        if (!body()) c.acknowledge?.();
      });
    });
  }

  function eventsFor(c: HttpContext): HttpEvents {
    return {
      connected() {
        c.isConnected = true;
        return toLua(c, () => call(c, "connect", () => 0));
      },
      headerReceived: (name, value) => void c.received.push([name, value]),
      data: (status, part) =>
        toLua(c, () => {
          c.status = status;
          callHeaders(c);
          return call(c, "data", (L) => {
            lua.lua_pushinteger(L, status);
            lua.lua_pushstring(L, part);
            return 2;
          });
        }),
      finished: (status) =>
        toLua(c, () => {
          c.status = status;
          callHeaders(c);
          return false;
        }),
      disconnected() {
        c.isConnected = false;
      },
    };
  }

  function request(L: LuaState): number {
    const c = idle(L);
    // The self-reference is dropped after the complete callback only.
    if (c.self !== undefined) assertFailed("http_lapi_request http.c (context->refs[ContextRef] == LUA_NOREF)");
    c.self = vm.ref(1);
    if (!c.isAsync) {
      throw new Fault(
        "hang",
        "a synchronous http request: its events wait for Lua and Lua waits for them. On the chip that comes after about 33 events; the virtual board does not run such requests at all",
      );
    }
    c.isBusy = true;
    chip.memory.set(c, parseUrl(c.request.url)?.isTls === true ? tlsBytes : plainBytes);
    void c.client.perform(c.request, eventsFor(c)).then((status) => {
      c.status = status;
      chip.post("low", () => {
        c.isBusy = false;
        if (!c.isConnected) chip.memory.delete(c);
        call(c, "complete", (state) => {
          lua.lua_pushinteger(state, c.status);
          lua.lua_pushboolean(state, c.isConnected);
          return 2;
        });
        if (c.self !== undefined) vm.unref(c.self);
        c.self = undefined;
      });
    });
    return 0;
  }

  function setHeader(c: HttpContext, name: string, value: string | undefined): void {
    const at = c.request.headers.findIndex(([known]) => known.toLowerCase() === name.toLowerCase());
    if (at >= 0) c.request.headers.splice(at, 1, ...(value === undefined ? [] : [[name, value] as [string, string]]));
    else if (value !== undefined) c.request.headers.push([name, value]);
  }

  function createConnection(L: LuaState): number {
    lua.lua_settop(L, 3);
    const { requestBytes, checksLength, identity } = httpConfig(chip);
    const url = lua.lua_isnoneornil(L, 1) ? "" : checkText(L, 1);
    let method = 0;
    if (lua.lua_type(L, 2) === luaType.number) method = lauxlib.luaL_checkinteger(L, 2);
    else lua.lua_settop(L, 2); // an options table in third place is dropped when the second is nil
    if (method < 0 || method >= methods.length) raise(L, `Bad HTTP method ${method}`);
    const { timeoutMs, bufferBytes, maxRedirects, isAsync, ca } = readOptions(L);
    if (parseUrl(url) === undefined) raise(L, "esp_http_client_init failed");
    const c: HttpContext = {
      client: createHttpClient({
        bufferBytes,
        requestBytes,
        checksLength,
        timeoutMs,
        maxRedirects,
        open: (host, port, isTls) => openLink(chip.connect(host, port), host, isTls ? { ca, ...identity } : undefined),
        after: chip.after,
      }),
      request: {
        url,
        method: methods[method]!,
        headers: [
          ["User-Agent", "NodeMCU (ESP32)"],
          ["Host", ""],
        ],
        body: undefined,
      },
      isAsync,
      callbacks: new Map(),
      received: [],
      status: 0,
      isConnected: false,
      isBusy: false,
      inCallback: false,
      shouldClose: false,
      acknowledge: undefined,
      self: undefined,
    };
    if (lua.lua_istable(L, -1) && lua.lua_getfield(L, -1, "headers") === luaType.table) {
      lua.lua_pushnil(L);
      while (vm.traversal.next(L, lua.lua_gettop(L) - 1)) {
        if (lua.lua_type(L, -2) === luaType.string && lua.lua_type(L, -1) === luaType.string) {
          setHeader(c, latin1(lua.lua_tostring(L, -2)!), latin1(lua.lua_tostring(L, -1)!));
        }
        lua.lua_pop(L, 1);
      }
    }
    newObject(L, className, c);
    vm.finalize(-1, () => {
      for (const slot of slots) setSlot(c, slot, undefined);
      c.client.close();
      chip.memory.delete(c);
    });
    return 1;
  }

  vm.addClass(className, {
    on(L) {
      lua.lua_settop(L, 3);
      const c = context(L);
      const slot = checkText(L, 2) as Slot;
      if (!slots.includes(slot)) lauxlib.luaL_argerror(L, 2, bytes(`invalid option '${slot}'`));
      setSlot(c, slot, lua.lua_isnil(L, 3) ? undefined : vm.ref(3));
      lua.lua_settop(L, 1);
      return 1;
    },
    request,
    seturl(L) {
      const c = idle(L);
      const url = checkText(L, 2);
      if (parseUrl(url) === undefined) raise(L, "esp_http_client_set_url returned -1");
      c.request.url = url;
      return 0;
    },
    setmethod(L) {
      const c = idle(L);
      const method = lauxlib.luaL_checkinteger(L, 2);
      c.request.method = methods[method] ?? raise(L, `Bad HTTP method ${method}`);
      return 0;
    },
    setheader(L) {
      setHeader(idle(L), checkText(L, 2), lua.lua_isnoneornil(L, 3) ? undefined : checkText(L, 3));
      return 0;
    },
    setbody(L) {
      const c = idle(L);
      c.request.body = lua.lua_isnoneornil(L, 2) ? undefined : Buffer.from(lauxlib.luaL_checkstring(L, 2));
      if (c.request.body !== undefined && !c.request.headers.some(([name]) => name.toLowerCase() === "content-type")) {
        setHeader(c, "Content-Type", "application/x-www-form-urlencoded");
      }
      return 0;
    },
    ack(L) {
      const c = context(L);
      if (c.acknowledge === undefined) raise(L, "No asynchronous callback pending");
      if (c.inCallback) raise(L, "Cannot call ack() from within the callback itself");
      c.acknowledge();
      return 0;
    },
    close(L) {
      const c = context(L);
      if (!c.isBusy) {
        c.client.close();
        c.isConnected = false;
        chip.memory.delete(c);
      } else if (c.inCallback || c.acknowledge !== undefined) c.shouldClose = true;
      else raise(L, "Cannot close an ongoing async request outside of a callback or pending ack");
      return 0;
    },
  });
  vm.addModule("http", (L) => {
    setFunctions(L, { createConnection });
    setIntegers(L, { GET: 0, POST: 1, PUT: 2, DELETE: 4, HEAD: 5, DELAYACK: delayAck, ACKNOW: 0 });
    registerOneShots(chip, createConnection);
  });
}
