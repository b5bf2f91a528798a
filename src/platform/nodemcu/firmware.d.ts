/**
 * The Lua modules of NodeMCU-ESP32 (branch dev-esp32) that the agent uses, and only what it uses of them. Names of C files in
 * this folder's comments are those of `components/modules` in the firmware's sources.
 *
 * Module functions are called with a dot (`@noSelf`), methods of the firmware's objects with a colon. Callbacks get no `self`.
 * Almost everything here raises a Lua error when it goes wrong.
 */

interface FirmwareTimer {
  alarm(delayMs: number, mode: number, fire: (this: void) => void): boolean;
  unregister(): void;
}

/** @noSelf */
interface TmrModule {
  readonly ALARM_SINGLE: number;
  create(): FirmwareTimer;
}

interface FirmwareMqttClient {
  on(event: "message", heard: (this: void, client: FirmwareMqttClient, topic: string, payload: string | undefined) => void): void;
  on(event: "offline", heard: (this: void) => void): void;
  connect(
    host: string,
    port: number,
    secure: FirmwareTls | 0,
    autoreconnect: 0,
    connected: (this: void) => void,
    failed: (this: void) => void,
  ): void;
  publish(topic: string, payload: string, qos: 1, retain: 0, acknowledged: (this: void) => void): boolean;
  subscribe(filter: string, qos: 1, acknowledged: (this: void) => void): boolean;
  close(): void;
}

interface FirmwareTls {
  readonly ca_cert: string;
  readonly client_cert: string;
  readonly client_key: string;
}

/** @noSelf */
interface MqttModule {
  Client(clientId: string, keepaliveSeconds: number): FirmwareMqttClient;
}

interface FirmwareHttpConnection {
  on(event: "headers", heard: (this: void, status: number, headers: Record<string, string>) => void): void;
  on(event: "data", heard: (this: void, status: number, chunk: string) => void): void;
  on(event: "complete", heard: (this: void, status: number) => void): void;
  request(): void;
  close(): void;
}

interface FirmwareHttpOptions {
  readonly async: true;
  readonly bufsz: number;
  readonly timeout: number;
  readonly max_redirects: 0;
  readonly cert: string | undefined;
}

/** @noSelf */
interface HttpModule {
  readonly GET: number;
  createConnection(this: void, url: string, method: number, options: FirmwareHttpOptions): FirmwareHttpConnection;
}

interface FirmwareSlot {
  readonly state?: string;
  /** The project's name. */
  readonly name?: string;
  readonly version?: string;
}

/** @noSelf */
interface OtaUpgradeModule {
  commence(this: void): void;
  write(this: void, bytes: string): void;
  complete(this: void, reboot: 0): void;
  accept(this: void): void;
  rollback(this: void): void;
  /** Running slot, slot to boot next, all slots by label. A slot without an otadata entry of its own is an empty table. */
  info(): LuaMultiReturn<[string, string | undefined, Record<string, FirmwareSlot>]>;
}

interface FirmwareHash {
  update(bytes: string): void;
  finalize(): string;
}

/** @noSelf */
interface CryptoModule {
  new_hash(algorithm: string): FirmwareHash;
}

/** @noSelf */
interface SjsonModule {
  decode(this: void, text: string, options: { readonly null: unknown }): unknown;
}

/** 128 words of 32 bits. */
/** @noSelf */
interface RtcmemModule {
  read32(index: number): number;
  write32(index: number, value: number): void;
}

/** @noSelf */
interface FileModule {
  remove(name: string): void;
  rename(from: string, to: string): boolean;
}

/** @noSelf */
interface GpioModule {
  readonly OUT: number;
  config(this: void, pin: { readonly gpio: number; readonly dir: number }): void;
  write(this: void, pin: number, level: number): void;
}

/** @noSelf */
interface NodeModule {
  restart(this: void): void;
  heap(this: void): number;
  /** Microseconds since boot, a float. */
  uptime(): number;
  /** What reset the chip: roughly (1 to 4), exactly (7 more than rtc.h's number), and how many panics of Lua in a row. */
  bootreason(): LuaMultiReturn<[number, number, number | undefined]>;
  /** `chip_model`: CONFIG_IDF_TARGET, such as `esp32s3`. */
  info(group: "hw"): { readonly chip_model?: string };
  info(group: "sw_version"): { readonly git_commit_id?: string };
  setonerror(heard: (this: void, message: unknown) => void): void;
}

/** @noSelf */
interface TimeModule {
  get(): LuaMultiReturn<[number, number]>;
  initntp(): void;
  ntpenabled(): boolean;
}

/** @noSelf */
interface WifiStationModule {
  on(event: string, heard: (this: void, event: string, info: { readonly ip?: string; readonly reason?: number }) => void): void;
  config(station: { readonly ssid: string; readonly pwd: string }): void;
  connect(this: void): void;
  disconnect(this: void): void;
  getmac(this: void): string;
}

/** @noSelf */
interface WifiModule {
  readonly STATION: number;
  readonly sta: WifiStationModule;
  mode(mode: number): void;
  start(): void;
}

/** What the next MQTT connection uses in place of what module mqtt gives: all of it is replaced by each call, absent members too. */
interface JobsfwMqttOptions {
  readonly clientid?: string;
  readonly username?: string;
  readonly password?: string;
  readonly lwt_topic?: string;
  readonly lwt_msg?: string;
  readonly lwt_qos?: 0 | 1 | 2;
  readonly lwt_retain?: boolean;
  /** Empty for none. */
  readonly alpn?: string;
  /** Bytes. */
  readonly bufsize?: number;
  readonly outsize?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly reconnect?: number;
}

/** Of the next HTTP connection: PEM texts, both or none, and bytes. */
interface JobsfwHttpOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly txsize?: number;
}

interface JobsfwMqttInfo {
  readonly last_id: number;
  readonly acked_id: number;
  readonly acks: number;
  /** Messages that were too large, for which there was no memory, or that another one cut off. */
  readonly dropped: number;
  readonly sub_refused: boolean;
  readonly err_type: number;
  readonly connack: number;
  readonly esp_err: number;
  readonly tls_err: number;
  readonly cert_flags: number;
  readonly errno: number;
}

/** Our component; its README says more of each. It raises for wrong arguments, and where Lua itself has no memory. */
/** @noSelf */
interface JobsfwModule {
  readonly VERSION: number;
  /** The largest MQTT payload and the largest record, in bytes. */
  readonly MAX_MESSAGE: number;
  readonly MAX_RECORD: number;
  /** The longest request line or header line of HTTP, in bytes. */
  readonly MAX_LINE: number;
  /**
   * Whether `signature` (DER, ECDSA on P-256) over a SHA-256 `digest` of 32 bytes is by the key in `pem`, a public key or a certificate. The
   * number is 0, or mbedTLS's code.
   */
  verify(pem: string, digest: string, signature: string): LuaMultiReturn<[boolean, number]>;
  /** So many bytes, 0 to 256, of the hardware's generator. */
  random(count: number): string;
  /** Bytes of memory: free, in the largest block, and the least that was ever free since boot. */
  heap(this: void): LuaMultiReturn<[number, number, number]>;
  /** Milliseconds since boot. */
  millis(this: void): number;
  /** Bytes of Lua's C stack that were never used since boot. */
  stack(this: void): number;
  /** esp_reset_reason: poweron, software, panic, int_wdt, task_wdt, wdt, brownout and others. */
  reason(this: void): string;
  /** Gives way for 10 ms, in which the task watchdog is fed. */
  rest(this: void): void;
  /** Restarts the chip unless called again within `delayMs`, whatever Lua does; 0 stops it. */
  watchdog(delayMs: number): void;
  /** A record in NVS; nil, and the error's name as a second result, where there is none. Namespace and key have 1 to 15 characters. */
  get(namespace: string, key: string): string | undefined;
  /** True when it is in flash: whole, whenever power is lost; else nil, and the error's name. Without a value it is removed. */
  set(namespace: string, key: string, value?: string): boolean | undefined;
  /** Entries of 32 bytes in the NVS partition: used, free, all. */
  space(this: void): LuaMultiReturn<[number | undefined, number | string, number?]>;
  mqtt(options: JobsfwMqttOptions): void;
  http(options: JobsfwHttpOptions): void;
  mqttinfo(this: void): JobsfwMqttInfo;
}

/** Undefined on stock NodeMCU. */
declare const jobsfw: JobsfwModule | undefined;
/** Undefined on firmware that was built without it. */
declare const rtcmem: RtcmemModule | undefined;
declare const tmr: TmrModule;
declare const mqtt: MqttModule;
declare const http: HttpModule;
declare const otaupgrade: OtaUpgradeModule;
declare const crypto: CryptoModule;
declare const sjson: SjsonModule;
declare const file: FileModule;
declare const gpio: GpioModule;
declare const node: NodeModule;
declare const time: TimeModule;
declare const wifi: WifiModule;

/** On stock firmware the timer that `init.lua` armed before it loaded the agent: it restarts the board unless someone stops it. */
declare const bootGuard: FirmwareTimer | undefined;
