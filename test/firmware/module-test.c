/* The Lua binding, in the Lua of Debian. Each case runs with the refusal of memory at any one allocation, too. */
#include <lauxlib.h>
#include <lualib.h>
#include "allocator.h"
#include "board.h"
#include "check.h"
#include "module.h"
#include "nvs.h"
#include "wraps.h"

static const char *vectors;

static lua_State *open_lua(void)
{
  lua_State *L = luaL_newstate();
  CHECK(L);
  luaL_openlibs(L);
  lua_newtable(L);
  for (const board_entry *entry = board_module; entry->name; entry++) {
    if (entry->function) lua_pushcfunction(L, entry->function);
    else lua_pushinteger(L, entry->number);
    lua_setfield(L, -2, entry->name);
  }
  lua_setglobal(L, "jobsfw");
  lua_pushstring(L, vectors);
  lua_setglobal(L, "vectors");
  return L;
}

static void run(const char *code)
{
  lua_State *L = open_lua();
  if (luaL_dostring(L, code) != LUA_OK) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    exit(1);
  }
  lua_close(L);
  CHECK_NUMBER(board_nvs_open_handles, 0);
}

static void numbers(void)
{
  board_now_us = 5000000000LL * 1000;
  run("assert(jobsfw.VERSION == 1 and jobsfw.MAX_MESSAGE == 16384 and jobsfw.MAX_RECORD == 8192 and jobsfw.MAX_LINE == 4096) "
      "assert(jobsfw.millis() == 5000000000) "
      "local free, block, least = jobsfw.heap() assert(free == 100000 and block == 60000 and least == 50000) "
      "assert(jobsfw.stack() == 5000) "
      "assert(#jobsfw.random(0) == 0 and #jobsfw.random(256) == 256 and jobsfw.random(16) ~= jobsfw.random(16)) "
      "for _, n in ipairs{ -1, 257, 1 << 32, (1 << 32) + 5, 1.5 } do assert(not pcall(jobsfw.random, n)) end "
      "jobsfw.rest()");
  CHECK_NUMBER(board_ticks_rested, 1);
}

static void reasons(void)
{
  static const char *const names[] = { "unknown", "poweron", "external", "software", "panic", "int_wdt", "task_wdt", "wdt", "deepsleep", "brownout", "sdio", "unknown" };
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    char code[80];
    board_reset_reason = (esp_reset_reason_t)i;
    snprintf(code, sizeof code, "assert(jobsfw.reason() == '%s')", names[i]);
    run(code);
  }
}

static void watchdog(void)
{
  lua_State *L = open_lua();
  lua_getglobal(L, "jobsfw");
  lua_getfield(L, -1, "watchdog");
  lua_pushinteger(L, 1000);
  allocator_grants = 0; /* one refusal: the call asks Lua for nothing before it asks for the timer */
  CHECK_NUMBER(lua_pcall(L, 1, 0, 0), LUA_ERRRUN);
  allocator_grants = -1;
  CHECK(strstr(lua_tostring(L, -1), "no memory for a timer"));
  lua_close(L);
  run("for _, ms in ipairs{ -1, 86400001, 1 << 32, '' } do assert(not pcall(jobsfw.watchdog, ms)) end");
  run("jobsfw.watchdog(1000)");
  board_pass_ms(900);
  run("jobsfw.watchdog(1000)");
  board_pass_ms(900);
  CHECK_NUMBER(board_restarts, 0);
  board_refuse_timer_start = true;
  run("local ok, message = pcall(jobsfw.watchdog, 1000) assert(not ok and message:find('the timer does not start', 1, true))");
  run("jobsfw.watchdog(0)");
  board_refuse_timer_start = false;
  board_pass_ms(5000);
  CHECK_NUMBER(board_restarts, 0);
  run("jobsfw.watchdog(86400000)");
  board_pass_ms(86400000 - 1);
  CHECK_NUMBER(board_restarts, 0);
  board_pass_ms(1);
  CHECK_NUMBER(board_restarts, 1);
}

static const char records[] =
  "local function is(expected, ...) local got = { ... } for i = 1, #expected do assert(got[i] == expected[i], tostring(got[i])) end end\n"
  "is({ nil, 'ESP_ERR_NVS_NOT_FOUND' }, jobsfw.get('agent', 'journal'))\n"
  "assert(select(2, jobsfw.get('agent', 'journal')) == 'ESP_ERR_NVS_NOT_FOUND')\n"
  "local value = ('a\\0b'):rep(1000)\n"
  "assert(jobsfw.set('agent', 'journal', value)) assert(jobsfw.get('agent', 'journal') == value)\n"
  "assert(jobsfw.set('agent', 'journal', '')) assert(jobsfw.get('agent', 'journal') == '')\n"
  "assert(jobsfw.set('agent', 'journal', nil)) assert(jobsfw.get('agent', 'journal') == nil) assert(jobsfw.set('agent', 'journal'))\n";

static void record_cases(void)
{
  run(records);
  run("assert(jobsfw.set('agent', 'journal', ('x'):rep(8192))) assert(#jobsfw.get('agent', 'journal') == 8192) "
      "local ok, why = jobsfw.set('agent', 'journal', ('x'):rep(8193)) assert(ok == nil and why == 'ESP_ERR_NVS_VALUE_TOO_LONG') "
      "for _, bad in ipairs{ '', 'sixteen-letters!', 'a\\0b', {} } do"
      "  assert(not pcall(jobsfw.get, bad, 'k')) assert(not pcall(jobsfw.get, 'n', bad)) assert(not pcall(jobsfw.set, 'n', bad, 'v')) end "
      "assert(not pcall(jobsfw.set, 'n', 'k', {})) "
      "local used, free, total = jobsfw.space() assert(used == 100 and free == 656 and total == 756)");
  board_nvs_tear("agent", "journal");
  run("local value, why = jobsfw.get('agent', 'journal') assert(value == nil and why == 'ESP_FAIL')");
  board_nvs_clear();
  static char large[8300];
  memset(large, 'y', sizeof large - 1);
  board_nvs_put_string("agent", "journal", large);
  run("local value, why = jobsfw.get('agent', 'journal') assert(value == nil and why == 'ESP_ERR_NVS_VALUE_TOO_LONG')");
  board_nvs_clear();
  board_nvs_fail("stats", ESP_ERR_NVS_NOT_INITIALIZED);
  run("local used, why = jobsfw.space() assert(used == nil and why == 'ESP_ERR_NVS_NOT_INITIALIZED')");
}

static const char options[] =
  "jobsfw.mqtt{ clientid = ('c'):rep(128), lwt_topic = 'gone/' .. ('t'):rep(200), lwt_msg = 'a\\0b', lwt_qos = 1, lwt_retain = true, bufsize = 4096 }\n"
  "jobsfw.http{ cert = '-----BEGIN CERTIFICATE-----', key = '-----BEGIN EC PRIVATE KEY-----\\0', txsize = 8192 }\n";

static void option_cases(void)
{
  run(options);
  const jobsfw_settings *s = jobsfw_mqtt_settings;
  CHECK_NUMBER(strlen(s->text[JOBSFW_CLIENTID]), 128);
  CHECK_NUMBER(s->number[JOBSFW_LWT_RETAIN], 1);
  CHECK_NUMBER(jobsfw_http_settings->number[JOBSFW_TXSIZE], 8192);
  run("local function refused(why, set, options) local ok, message = pcall(set, options) assert(not ok and message:find(why, 1, true), message) end "
      "refused('option clientID: no such option', jobsfw.mqtt, { clientID = 'x' }) "
      "refused('option clientid: too long', jobsfw.mqtt, { clientid = ('c'):rep(129) }) "
      "refused('option clientid: wrong type', jobsfw.mqtt, { clientid = 7 }) "
      "refused('option clientid: wrong type', jobsfw.mqtt, { clientid = {} }) "
      "refused('option timeout: wrong type', jobsfw.mqtt, { timeout = '1000' }) "
      "refused('option timeout: out of range', jobsfw.mqtt, { timeout = 1000.5 }) "
      "for _, n in ipairs{ 1 << 32, -(1 << 40), math.huge, -math.huge, 0 / 0, 1e300, (1 << 32) + 1000 } do refused('out of range', jobsfw.mqtt, { timeout = n }) end "
      "refused('options have names', jobsfw.mqtt, { 'clientid' }) "
      "refused('needs lwt_topic', jobsfw.mqtt, { lwt_msg = 'x' }) "
      "refused('belong together', jobsfw.http, { key = '-----BEGIN EC PRIVATE KEY-----' }) "
      "refused('not PEM', jobsfw.http, { cert = 'cert.pem' }) "
      "refused('table expected', jobsfw.http)");
  CHECK(jobsfw_mqtt_settings == s); /* none of these changed anything */
}

static void verify_cases(void)
{
  run("local function read(name) local file = assert(io.open(vectors .. '/' .. name, 'rb')) local all = file:read('a') file:close() return all end "
      "local digest, signature = read('digest.bin'), read('signature.der')\n"
      "for _, name in ipairs{ 'key.pem', 'key-windows.pem', 'key.der', 'certificate.pem', 'certificate.der' } do"
      "  local good, code = jobsfw.verify(read(name), digest, signature) assert(good == true and code == 0, name) end "
      "for _, name in ipairs{ 'other.pem', 'rsa.pem', 'p384.pem' } do"
      "  local good, code = jobsfw.verify(read(name), digest, signature) assert(good == false and code < 0, name) end "
      "assert(jobsfw.verify('', digest, signature) == false) assert(jobsfw.verify(read('key.pem'), digest, '') == false) "
      "assert(not pcall(jobsfw.verify, read('key.pem'), digest .. 'x', signature)) "
      "assert(not pcall(jobsfw.verify, read('key.pem'), digest))");
}

static void info(void)
{
  run("local info, count = jobsfw.mqttinfo(), 0 for _ in pairs(info) do count = count + 1 end "
      "assert(count == 11 and info.dropped == 0 and info.sub_refused == false and info.cert_flags == 0)");
}

/* Lua's own errors leave by longjmp: whatever is open or allocated at that moment is lost. */
static void no_memory(void)
{
  static const char *const codes[] = { records, options };
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    unsigned errors = 0;
    for (long refused = 0;; refused++) {
      lua_State *L = open_lua();
      allocator_grants = refused;
      int status = luaL_dostring(L, codes[i]);
      bool all_granted = allocator_grants >= 0;
      allocator_grants = -1;
      CHECK(status == LUA_OK || !all_granted);
      if (status != LUA_OK) errors++;
      lua_close(L);
      CHECK_NUMBER(board_nvs_open_handles, 0);
      CHECK(jobsfw_mqtt_settings && jobsfw_http_settings);
      board_nvs_clear();
      if (all_granted) break;
    }
    CHECK(errors > 0);
  }
}

int main(int argc, char **argv)
{
  CHECK(argc == 2);
  vectors = argv[1];
  TEST("numbers are whole and in range, also beyond 32 bits", numbers);
  TEST("each reset reason of ESP-IDF has its word", reasons);
  TEST("the watchdog restarts the board unless it is fed or stopped in time", watchdog);
  TEST("records come back as they were; errors are told by ESP-IDF's names", record_cases);
  TEST("settings are taken all together or not at all, and a mistake is named", option_cases);
  TEST("signatures are checked, by keys and certificates", verify_cases);
  TEST("what the broker and ESP-IDF said can be read", info);
  TEST("memory refused at any allocation leaves nothing open and nothing half set", no_memory);
  jobsfw_settings_release(jobsfw_mqtt_settings);
  jobsfw_settings_release(jobsfw_http_settings);
  return 0;
}
