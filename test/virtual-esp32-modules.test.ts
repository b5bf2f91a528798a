/** The virtual board's small modules: JSON, hashes, encodings, Wi-Fi. */
import { createHash, createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { readJson } from "../tools/virtual-esp32/jsonsl";
import { bench, run } from "./virtual-esp32/bench";

function printed(lua: string): string[] {
  return run(lua).lines;
}

// What jsonsl.c says, compiled and run on a computer.
test.each([
  [`[1,]`, "TRAILING_COMMA"],
  [`[trux]`, "SPECIAL_EXPECTED"],
  [`[tru]`, "SPECIAL_INCOMPLETE"],
  [`[1.]`, "INVALID_NUMBER"],
  [`{"a":01}`, "INVALID_NUMBER"],
  [`[-]`, "INVALID_NUMBER"],
  [`[0x10]`, "INVALID_NUMBER"],
  [`[--1]`, "INVALID_NUMBER"],
  [`[.5]`, "SPECIAL_EXPECTED"],
  [`[NaN]`, "SPECIAL_EXPECTED"],
  [`{"a" 1}`, "CANT_INSERT"],
  [`[1 2]`, "CANT_INSERT"],
  [`{1:2}`, "HKEY_EXPECTED"],
  [`{"a":}`, "VALUE_EXPECTED"],
  [`{"a"}`, "VALUE_EXPECTED"],
  [`{"a":1,}`, "TRAILING_COMMA"],
  [`"x"`, "STRING_OUTSIDE_CONTAINER"],
  [`}`, "BRACKET_MISMATCH"],
  [`[}`, "BRACKET_MISMATCH"],
  [`{"a":[1,2}`, "BRACKET_MISMATCH"],
  [`{"a":1 "b":2}`, "STRAY_TOKEN"],
  [`{"a":"b""c"}`, "STRAY_TOKEN"],
  [`["a":1]`, "STRAY_TOKEN"],
  [`[,1]`, "STRAY_TOKEN"],
  [`[1,,2]`, "STRAY_TOKEN"],
  [`["\\q"]`, "ESCAPE_INVALID"],
  [`["a\tb"]`, "WEIRD_WHITESPACE"],
  [`${"[".repeat(19)}1${"]".repeat(19)}`, "LEVELS_EXCEEDED"],
  [`${"[".repeat(20)}${"]".repeat(20)}`, "LEVELS_EXCEEDED"],
  [`${'{"a":'.repeat(19)}1${"}".repeat(19)}`, "LEVELS_EXCEEDED"],
  [`123`, undefined],
  [`[`, undefined],
  [`[nul`, undefined],
  [``, undefined],
])("reads %j as jsonsl does: %s", (text, error) => {
  expect(readJson(text)).toMatchObject({ error, isComplete: false });
});

test.each([
  `["a" "b"]`,
  `[1e5]`,
  `[1.e5]`,
  `[-01]`,
  `[1]garbage`,
  ` {} `,
  `["\x1f"]`,
  `${"[".repeat(19)}${"]".repeat(19)}`,
  `${'{"a":'.repeat(18)}1${"}".repeat(18)}`,
])("takes %j, as jsonsl does", (text) => {
  expect(readJson(text)).toMatchObject({ error: undefined, isComplete: true });
});

test("decodes numbers, strings and nulls as sjson does", () => {
  expect(
    printed(`
local t = sjson.decode('{"a":1,"b":1489096425069,"c":2.0,"d":"\\\\u00e4\\\\ud83d\\\\ude00\\\\n\\\\/","e":[1,null,3],"f":null,"a":2}')
print(t.a, t.b, t.c, t.d, type(t.e[2]), #t.e, type(t.f), sjson.NULL, t.f == t.e[2])
local n = sjson.decode('{"e":[1,null,3],"f":null}', {})
print(n.e[2], n.e[3], n.f)
print(sjson.decode('[null]', {null = "x"})[1])`),
  ).toEqual(["2\t1489096425069.0\t2.0\tä??", "/\tuserdata\t3\tuserdata\tnil\ttrue", "nil\t3\tnil", "x"]);
});

test("refuses what it cannot decode with sjson's words", () => {
  expect(
    printed(`
print(pcall(sjson.decode, "{]")) print(pcall(sjson.decode, "12")) print(pcall(sjson.decode, "[1e5.5]"))
local d = sjson.decoder() print(d:write('{"a":'), pcall(d.result, d)) print(d:write('[1]} rest').a[1], d:result().a[1])`),
  ).toEqual([
    "false\tJSON parse error: BRACKET_MISMATCH",
    "false\tIncomplete JSON object passed to sjson.decode",
    "false\tInvalid number",
    "nil\tfalse\tdecode not complete",
    "1\t1",
  ]);
});

test("encodes with sjson's mistakes: backslashes as they are, empty tables as arrays, functions called", () => {
  expect(
    printed(`
print(sjson.encode({1, "a\\"b\\\\c\\n\\1/", {}, true, 2.0, 0.1, 1/0, function() return "called" end}))
print(sjson.encode({[3] = "x"})) print(sjson.encode({[0] = 1})) print(sjson.encode({x = {y = {}}}))
print(sjson.encode({sjson.decode("[null]")[1]})) print(pcall(sjson.encode, {coroutine.create(print)})) print(pcall(sjson.encode, 1))
print(sjson.encoder({1, 2}):read(2))
local deep = {} for i = 1, 19 do deep = {deep} end print(#sjson.encode(deep)) print(pcall(sjson.encode, {deep}))`),
  ).toEqual([
    `[1,"a\\"b\\c\\n\\u0001/",[],true,2,0.1000000000000000056,null,"called"]`,
    `[null,null,"x"]`,
    `{"0":1}`,
    `{"x":{"y":[]}}`,
    "[null]",
    "false\tCannot encode type 8",
    "false\tbad argument #1 to '?' (table expected, got number)",
    "[1",
    "40",
    "false\tencoder stack overflow",
  ]);
});

test("hashes as crypto does, with the wrong sizes of SHA224 and SHA384", () => {
  const hex = (name: string): string => createHash(name).update("abc").digest("hex");
  const [md5, sha1, sha256, sha224, hmac, ...rest] = printed(`
local function hash(name) local h = crypto.new_hash(name) print(h:update("a") == nil) h:update("bc") return encoder.toHex(h:finalize()) end
io.write(hash("MD5"), " ") io.write(hash("sha1"), " ") io.write(hash("SHA256"), " ") io.write(hash("SHA224"), " ")
local m = crypto.new_hmac("sha256", "key") m:update("abc") print(encoder.toHex(m:finalize()))
print(pcall(crypto.new_hash, "crc32")) print(pcall(crypto.new_hash, "ripemd160"))`)
    .join(" ")
    .split(/ ?true ?| (?=[0-9a-f]{64})/)
    .filter((part) => part !== "")
    .flatMap((part) => part.trim().split(" "));
  expect([md5, sha1, sha256]).toEqual([hex("md5"), hex("sha1"), hex("sha256")]);
  expect(sha224).toHaveLength(64);
  expect(sha224!.startsWith(hex("sha224"))).toBe(true);
  expect(hmac).toBe(createHmac("sha256", "key").update("abc").digest("hex"));
  expect(rest.join(" ")).toBe("false\tUnsupported algorithm: crc32 false\tError starting context");
});

test("encodes base64 and hexadecimal, and refuses what is neither", () => {
  expect(
    printed(`
print(encoder.toBase64("a\\0\\255"), encoder.fromBase64("YQ=="), encoder.toHex("\\0\\255"), encoder.fromHex("6A6b"), encoder.toBase64(""))
print(pcall(encoder.fromBase64, "YQ=")) print(pcall(encoder.fromBase64, "Y!==")) print(pcall(encoder.fromHex, "abc"))`),
  ).toEqual(["YQD/\ta\t00ff\tjk\t", "false\tInvalid base64 string", "false\tInvalid base64 string", "false\tInvalid hex string"]);
});

const events = `
for _, name in ipairs({"start", "connected", "got_ip", "disconnected", "stop"}) do
  wifi.sta.on(name, function(event, info) print(event, info.ssid or info.ip, info.reason) end)
end`;

test("joins the Wi-Fi only when told to, and not again after it was lost", () => {
  const { board, time, lines } = bench(`${events}
wifi.mode(wifi.STATION) wifi.sta.config({ssid = "lab", pwd = "secret"}) wifi.start()
tmr.create():alarm(2000, tmr.ALARM_SINGLE, function() wifi.sta.connect() end)`);
  board.powerOn();
  time.advance(2000);
  expect(lines).toEqual(["start\tnil\tnil"]);
  time.advance(2000);
  expect(lines.slice(1)).toEqual(["connected\tlab\tnil", "got_ip\t192.168.4.2\tnil"]);
  board.wifi(false);
  expect(lines.at(-1)).toBe("disconnected\tlab\t200");
  board.wifi(true);
  time.advance(60_000);
  expect(lines).toHaveLength(4);
});

test("finds no access point that is not there", () => {
  const { board, time, lines } = bench(`${events} wifi.mode(wifi.STATION) wifi.sta.config({ssid = "lab"}) wifi.start() wifi.sta.connect()`);
  board.wifi(false);
  board.powerOn();
  time.advance(5000);
  expect(lines).toEqual(["start\tnil\tnil", "disconnected\tlab\t201"]);
});

test("raises when Wi-Fi is used out of order", () => {
  expect(
    printed(`
print(pcall(wifi.sta.connect)) print(pcall(wifi.sta.config, {ssid = "x"})) print(pcall(wifi.mode, 9)) print(pcall(wifi.sta.on, "nonsense", print))
wifi.mode(1) wifi.start() print(pcall(wifi.sta.connect)) print(pcall(wifi.sta.config, {}))`),
  ).toEqual([
    "false\tconnect failed, code 12290",
    "false\tfailed to set wifi config, code 12294",
    "false\tinvalid wifi mode 9",
    "false\tunknown event: nonsense",
    "false\tconnect failed, code 12297",
    "false\tbad argument #-1 to '?' (string expected, got nil)",
  ]);
});

test.each(["esp32", "esp32s3", "esp32c3"] as const)("names its chip %s as ESP-IDF's build does", (chip) => {
  expect(run(`print(node.chipmodel(), node.info("hw").chip_model)`, { chip }).lines).toEqual([`${chip}\t${chip}`]);
});
