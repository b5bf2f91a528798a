/** mqtt.c: esp-mqtt for Lua. One callback slot for each operation, arguments told apart by their type alone. */
import type { Chip } from "../chip";
import type { LuaState } from "../lua";
import { bytes, latin1, lauxlib, lua, utf8 } from "../lua";
import type { MqttClient, MqttEvent } from "../mqtt-client";
import { createMqttClient } from "../mqtt-client";
import { alpnFor, wholeMessages } from "../component";
import { openLink } from "../tls";
import type { Target } from "./mqtt-target";
import { readTarget } from "./mqtt-target";
import { checkObject, checkText, newObject, setFunctions } from "../bind";

const className = "mqtt.mt";
const longest = { clientId: 32, username: 32, password: 65, willTopic: 32, will: 128 } as const;
/** The place of the message handler in `on`, of the one-shot callbacks elsewhere. */
type Slot = "connect" | "message" | "offline" | "connectOk" | "connectFailed" | "published" | "subscribed" | "unsubscribed";
/** esp-mqtt's task polls the socket once a second, and closing waits for it. */
const pollMs = 1000;
/** Closing waits for the lock that a connection attempt holds. */
const attemptMs = 10_000;
/** Measured on the running firmware: buffers, task, and for TLS its context. */
const plainBytes = 20_000;
const tlsBytes = 60_000;
const leakedByEachClient = 3700;

interface Context {
  readonly clientId: string;
  readonly keepalive: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly clean: boolean;
  will: { topic: string; payload: Buffer } | undefined;
  client: MqttClient | undefined;
  readonly slots: Map<Slot, number>;
  /** Weak reference to the userdata; undefined once it is garbage. */
  self: number | undefined;
}

export function registerMqtt(chip: Chip): void {
  const { vm } = chip;
  const context = (L: LuaState): Context => checkObject<Context>(L, 1, className);

  function setSlot(c: Context, slot: Slot, index: number): void {
    clearSlot(c, slot);
    c.slots.set(slot, vm.ref(index));
  }
  function clearSlot(c: Context, slot: Slot): void {
    const ref = c.slots.get(slot);
    if (ref !== undefined) vm.unref(ref);
    c.slots.delete(slot);
  }
  function call(c: Context, slot: Slot, pushMore: (L: LuaState) => number = () => 0): void {
    const ref = c.slots.get(slot);
    if (ref === undefined || c.self === undefined) return;
    const { self } = c;
    const { L } = vm;
    const base = lua.lua_gettop(L);
    vm.push(ref);
    vm.weak.push(self);
    const args = 1 + pushMore(L);
    const top = lua.lua_gettop(L);
    vm.call(() => {
      for (let i = base + 1; i <= top; i++) lua.lua_pushvalue(L, i);
    }, args);
    lua.lua_settop(L, base);
  }

  function drop(c: Context): void {
    c.client?.destroy();
    c.client = undefined;
    chip.memory.delete(c);
  }

  /** Destroying the client waits for its task. */
  function destroy(c: Context): void {
    const { client } = c;
    if (client === undefined) return;
    if (client.state === "connected") chip.block(chip.random() * pollMs);
    else if (client.state === "connecting") chip.block(chip.random() * attemptMs);
    drop(c);
  }

  function disconnected(c: Context, atMs: number): void {
    // The task sleeps half of its reconnect time, and destroying it waits for that. Whichever client is there now is destroyed.
    const waitMs = Math.max(0, chip.mqttReconnectBlockMs - (chip.uptimeMs() - atMs));
    drop(c);
    chip.block(waitMs, () => {
      if (c.slots.has("connectFailed")) {
        call(c, "connectFailed", (L) => {
          lua.lua_pushinteger(L, -6);
          return 1;
        });
        clearSlot(c, "connectOk");
        clearSlot(c, "connectFailed");
      }
      call(c, "offline");
    });
  }

  function handle(c: Context, event: MqttEvent, atMs: number): void {
    if (c.self === undefined) return;
    if (event.kind === "connected") {
      if (c.slots.has("connectOk")) {
        call(c, "connectOk");
        // Both, also those that the callback has just set by calling connect again.
        clearSlot(c, "connectOk");
        clearSlot(c, "connectFailed");
      }
      call(c, "connect");
    } else if (event.kind === "disconnected") disconnected(c, atMs);
    else if (event.kind === "data") {
      call(c, "message", (L) => {
        lua.lua_pushstring(L, event.topic);
        if (event.data.length === 0) return 1;
        lua.lua_pushstring(L, event.data);
        return 2;
      });
    } else oneShot(c, event.kind);
  }

  function oneShot(c: Context, slot: Slot): void {
    const ref = c.slots.get(slot);
    if (ref === undefined || c.self === undefined) return;
    const { self } = c;
    c.slots.delete(slot);
    vm.call(() => {
      vm.push(ref);
      vm.unref(ref);
      vm.weak.push(self);
    }, 1);
  }

  function start(c: Context, target: Target): void {
    const { component } = chip;
    // Events carry no client: the context's present one is meant, even when it is a newer one.
    const tell = (event: MqttEvent): void => {
      const atMs = chip.uptimeMs();
      chip.post("medium", () => handle(c, event, atMs));
    };
    const ours = component?.mqtt;
    c.client = createMqttClient({
      clientId: ours?.clientId ?? c.clientId,
      username: ours?.username ?? c.username,
      password: ours?.password ?? c.password,
      clean: c.clean,
      keepalive: c.keepalive,
      will: ours?.will ?? (c.will === undefined ? undefined : { ...c.will, qos: 0, retain: false }),
      bufferBytes: ours?.bufferBytes || chip.mqttBufferBytes,
      open() {
        const ofOurs = component === undefined ? {} : { usesBundle: true, alpn: alpnFor(component, target.port) };
        return openLink(chip.connect(target.host, target.port), target.host, target.identity && { ...target.identity, ...ofOurs });
      },
      after: chip.after,
      random: chip.random,
      tell: component === undefined ? tell : wholeMessages(component, chip.leftBytes, tell),
    });
    chip.memory.set(c, target.identity === undefined ? plainBytes : tlsBytes);
  }

  vm.addClass(className, {
    on(L) {
      if (!lua.lua_isfunction(L, 3)) return 0;
      const name = lua.lua_isnoneornil(L, 2) ? "message" : checkText(L, 2);
      if (name !== "connect" && name !== "message" && name !== "offline") {
        return lauxlib.luaL_argerror(L, 2, bytes(`invalid option '${name}'`));
      }
      setSlot(context(L), name, 3);
      return 0;
    },
    connect(L) {
      const c = context(L);
      destroy(c);
      start(
        c,
        readTarget(L, chip.component !== undefined, (slot, index) => setSlot(c, slot, index)),
      );
      lua.lua_pushboolean(L, true);
      return 1;
    },
    close(L) {
      destroy(context(L));
      return 0;
    },
    lwt(L) {
      const message = lauxlib.luaL_checkstring(L, 3);
      const end = message.indexOf(0);
      const payload = Buffer.from(message.subarray(0, Math.min(end < 0 ? message.length : end, longest.will)));
      // QoS and retain are taken and never passed on.
      context(L).will = { topic: checkText(L, 2).slice(0, longest.willTopic), payload };
      return 0;
    },
    publish(L) {
      const { client } = context(L);
      if (client === undefined) {
        lua.lua_pushboolean(L, false);
        return 1;
      }
      const c = context(L);
      const topic = utf8(lauxlib.luaL_checkstring(L, 2));
      const payload = Buffer.from(lauxlib.luaL_checkstring(L, 3));
      const qos = lauxlib.luaL_checkinteger(L, 4);
      const retain = lauxlib.luaL_checkinteger(L, 5);
      if (lua.lua_isfunction(L, 6)) setSlot(c, "published", 6);
      const id = client.publish(topic, payload, qos, retain !== 0);
      if (chip.component !== undefined) chip.component.notes.lastId = id;
      lua.lua_pushboolean(L, id >= 0);
      return 1;
    },
    // The message id is compared with ESP_OK, which is 0 and never an id: the result is false, always. Our component gives ESP_OK.
    subscribe(L) {
      const c = context(L);
      let isSent = false;
      if (c.client !== undefined) {
        const topic = utf8(lauxlib.luaL_checkstring(L, 2));
        const qos = lauxlib.luaL_checkinteger(L, 3);
        if (lua.lua_isfunction(L, 4)) setSlot(c, "subscribed", 4);
        isSent = c.client.subscribe(topic, qos) >= 0;
      }
      lua.lua_pushboolean(L, isSent && chip.component !== undefined);
      return 1;
    },
    unsubscribe(L) {
      const c = context(L);
      let isSent = false;
      if (c.client !== undefined) {
        const topic = utf8(lauxlib.luaL_checkstring(L, 2));
        if (lua.lua_isfunction(L, 3)) setSlot(c, "unsubscribed", 3);
        isSent = c.client.unsubscribe(topic) >= 0;
      }
      lua.lua_pushboolean(L, isSent && chip.component !== undefined);
      return 1;
    },
  });

  const leak = {};
  let clients = 0;
  vm.addModule("mqtt", (L) =>
    setFunctions(L, {
      Client(state) {
        const text = (arg: number, longestBytes: number): string | undefined =>
          lua.lua_isstring(state, arg) ? latin1(lua.lua_tostring(state, arg)!).slice(0, longestBytes) : undefined;
        const c: Context = {
          clientId: checkText(state, 1).slice(0, longest.clientId),
          keepalive: lauxlib.luaL_checkinteger(state, 2),
          username: text(3, longest.username),
          password: text(4, longest.password),
          // Only a number counts; a boolean is ignored.
          clean: !(lua.lua_isnumber(state, 5) && lua.lua_tonumber(state, 5) === 0),
          will: undefined,
          client: undefined,
          slots: new Map(),
          self: undefined,
        };
        newObject(state, className, c);
        c.self = vm.weak.ref(-1);
        chip.memory.set(leak, leakedByEachClient * clients++);
        vm.finalize(-1, () => {
          if (c.self !== undefined) vm.weak.unref(c.self);
          c.self = undefined;
          for (const slot of [...c.slots.keys()]) clearSlot(c, slot);
          destroy(c);
        });
        return 1;
      },
    }),
  );
}
