/* The Lua module jobsfw: arguments in, results out. What each function promises stands in README.md. */
#include <stdint.h>
#include "module.h"
#include "lauxlib.h"
#include "sdkconfig.h"
#include "esp_heap_caps.h"
#include "esp_random.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "nvs.h"
#include "record.h"
#include "signature.h"
#include "wraps.h"

#define API_VERSION 1
#define RANDOM_MAX 256
#define WATCHDOG_MAX_MS 86400000 /* a day */

/* luaL_checkinteger's result cut to int would turn 2^32 into 0. */
static int check_within(lua_State *L, int index, lua_Integer minimum, lua_Integer maximum)
{
  lua_Integer n = luaL_checkinteger(L, index);
  luaL_argcheck(L, n >= minimum && n <= maximum, index, "out of range");
  return (int)n;
}

static int l_verify(lua_State *L)
{
  size_t key_length, digest_length, signature_length;
  const char *key = luaL_checklstring(L, 1, &key_length);
  const char *digest = luaL_checklstring(L, 2, &digest_length);
  const char *signature = luaL_checklstring(L, 3, &signature_length);
  luaL_argcheck(L, digest_length == JOBSFW_DIGEST_LENGTH, 2, "32 bytes expected");
  int result = jobsfw_verify(key, key_length, (const unsigned char *)digest, digest_length,
                             (const unsigned char *)signature, signature_length);
  lua_pushboolean(L, result == 0);
  lua_pushinteger(L, result);
  return 2;
}

static int l_random(lua_State *L)
{
  unsigned char bytes[RANDOM_MAX];
  size_t n = (size_t)check_within(L, 1, 0, RANDOM_MAX);
  esp_fill_random(bytes, n);
  lua_pushlstring(L, (const char *)bytes, n);
  return 1;
}

static int l_heap(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)heap_caps_get_free_size(MALLOC_CAP_DEFAULT));
  lua_pushinteger(L, (lua_Integer)heap_caps_get_largest_free_block(MALLOC_CAP_DEFAULT));
  lua_pushinteger(L, (lua_Integer)heap_caps_get_minimum_free_size(MALLOC_CAP_DEFAULT));
  return 3;
}

static int l_millis(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)(esp_timer_get_time() / 1000));
  return 1;
}

static int l_stack(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)uxTaskGetStackHighWaterMark(NULL));
  return 1;
}

static int l_reason(lua_State *L)
{
  /* esp_reset_reason_t, in its order: esp-idf components/esp_system/include/esp_system.h */
  static const char *const names[] = {
    "unknown", "poweron", "external", "software", "panic", "int_wdt", "task_wdt", "wdt", "deepsleep", "brownout", "sdio",
  };
  unsigned reason = (unsigned)esp_reset_reason();
  lua_pushstring(L, reason < sizeof names / sizeof *names ? names[reason] : "unknown");
  return 1;
}

static int l_rest(lua_State *L)
{
  (void)L;
  vTaskDelay(1);
  return 0;
}

static esp_timer_handle_t watchdog;

static void bite(void *argument)
{
  (void)argument;
  esp_restart();
}

static int l_watchdog(lua_State *L)
{
  uint64_t ms = (uint64_t)check_within(L, 1, 0, WATCHDOG_MAX_MS);
  if (!watchdog) {
    const esp_timer_create_args_t how = { .callback = bite, .name = "jobsfw" };
    if (esp_timer_create(&how, &watchdog) != ESP_OK) return luaL_error(L, "no memory for a timer");
  }
  esp_timer_stop(watchdog); /* ESP_ERR_INVALID_STATE when it does not run */
  if (ms > 0 && esp_timer_start_once(watchdog, ms * 1000) != ESP_OK) return luaL_error(L, "the timer does not start");
  return 0;
}

static int failed(lua_State *L, esp_err_t err)
{
  lua_pushnil(L);
  lua_pushstring(L, esp_err_to_name(err));
  return 2;
}

static const char *check_name(lua_State *L, int index)
{
  size_t length;
  const char *name = luaL_checklstring(L, index, &length);
  luaL_argcheck(L, jobsfw_name_is_valid(name, length), index, "1 to 15 characters expected");
  return name;
}

/* Lua functions may leave by longjmp: nothing is open and nothing of ours allocated while one is called. */
static int l_get(lua_State *L)
{
  jobsfw_record record = { .name_space = check_name(L, 1), .key = check_name(L, 2) };
  size_t size;
  esp_err_t err = jobsfw_record_size(&record, &size);
  if (err != ESP_OK) return failed(L, err);
  if (size > CONFIG_JOBSFW_RECORD_MAX) return failed(L, ESP_ERR_NVS_VALUE_TOO_LONG);
  char *buffer = lua_newuserdata(L, size + 1); /* Lua's to free */
  err = jobsfw_record_read(&record, buffer, size);
  if (err != ESP_OK) return failed(L, err);
  lua_pushlstring(L, buffer, size);
  return 1;
}

static int l_set(lua_State *L)
{
  jobsfw_record record = { .name_space = check_name(L, 1), .key = check_name(L, 2) };
  size_t size = 0;
  bool erase = lua_isnoneornil(L, 3);
  const char *value = erase ? NULL : luaL_checklstring(L, 3, &size);
  esp_err_t err = erase ? jobsfw_record_erase(&record) : jobsfw_record_write(&record, value, size, CONFIG_JOBSFW_RECORD_MAX);
  if (err != ESP_OK) return failed(L, err);
  lua_pushboolean(L, 1);
  return 1;
}

static int l_space(lua_State *L)
{
  nvs_stats_t stats;
  esp_err_t err = nvs_get_stats(NULL, &stats);
  if (err != ESP_OK) return failed(L, err);
  lua_pushinteger(L, (lua_Integer)stats.used_entries);
  lua_pushinteger(L, (lua_Integer)stats.free_entries);
  lua_pushinteger(L, (lua_Integer)stats.total_entries);
  return 3;
}

/* lua_next and lua_tolstring of a string allocate nothing, and the table keeps the texts alive. */
static void read_options(lua_State *L, const jobsfw_option_group *group, jobsfw_draft *draft)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  jobsfw_draft_start(draft, group);
  lua_pushnil(L);
  while (lua_next(L, 1) != 0) {
    if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "options have names");
    const char *name = lua_tostring(L, -2);
    jobsfw_option_fault fault = JOBSFW_OPTION_TYPE;
    if (lua_type(L, -1) == LUA_TSTRING) {
      size_t length;
      const char *text = lua_tolstring(L, -1, &length);
      fault = jobsfw_draft_text(draft, name, text, length);
    } else if (lua_type(L, -1) == LUA_TNUMBER) {
      lua_Number number = lua_tonumber(L, -1);
      /* No option reaches a million, and up to there even float32 is exact. A fraction is out of range, too. */
      bool is_whole = number > -1000000 && number < 1000000 && number == (lua_Number)(int32_t)number;
      fault = jobsfw_draft_number(draft, name, is_whole ? (int32_t)number : INT32_MIN);
    } else if (lua_type(L, -1) == LUA_TBOOLEAN) {
      fault = jobsfw_draft_number(draft, name, lua_toboolean(L, -1));
    }
    if (fault != JOBSFW_OPTION_OK) luaL_error(L, "option %s: %s", name, jobsfw_fault_text(fault));
    lua_pop(L, 1);
  }
  jobsfw_option_fault fault = jobsfw_draft_check(draft);
  if (fault != JOBSFW_OPTION_OK) luaL_error(L, "%s", jobsfw_fault_text(fault));
}

static int take_options(lua_State *L, const jobsfw_option_group *group, jobsfw_settings **used)
{
  jobsfw_draft draft;
  read_options(L, group, &draft);
  jobsfw_settings *settings = jobsfw_settings_new(&draft);
  if (!settings) return luaL_error(L, "not enough memory");
  jobsfw_settings_release(*used);
  *used = settings;
  return 0;
}

static int l_mqtt(lua_State *L)
{
  return take_options(L, &jobsfw_mqtt_group, &jobsfw_mqtt_settings);
}

static int l_http(lua_State *L)
{
  return take_options(L, &jobsfw_http_group, &jobsfw_http_settings);
}

static void field(lua_State *L, const char *name, lua_Integer value)
{
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

static int l_mqttinfo(lua_State *L)
{
  lua_createtable(L, 0, 11);
  field(L, "last_id", jobsfw_notes.last_id);
  field(L, "acked_id", jobsfw_notes.acked_id);
  field(L, "acks", jobsfw_notes.acks);
  field(L, "dropped", jobsfw_notes.dropped);
  field(L, "err_type", jobsfw_notes.err_type);
  field(L, "esp_err", jobsfw_notes.esp_err);
  field(L, "tls_err", jobsfw_notes.tls_err);
  field(L, "cert_flags", jobsfw_notes.cert_flags);
  field(L, "errno", jobsfw_notes.sock_errno);
  field(L, "connack", jobsfw_notes.connack);
  lua_pushboolean(L, jobsfw_notes.sub_refused);
  lua_setfield(L, -2, "sub_refused");
  return 1;
}

LROT_BEGIN(jobsfw, NULL, 0)
  LROT_NUMENTRY(VERSION, API_VERSION)
  LROT_NUMENTRY(MAX_MESSAGE, CONFIG_JOBSFW_MQTT_MAX_MESSAGE)
  LROT_NUMENTRY(MAX_RECORD, CONFIG_JOBSFW_RECORD_MAX)
  LROT_NUMENTRY(MAX_LINE, CONFIG_JOBSFW_HTTP_TX_BUFFER)
  LROT_FUNCENTRY(verify, l_verify)
  LROT_FUNCENTRY(random, l_random)
  LROT_FUNCENTRY(heap, l_heap)
  LROT_FUNCENTRY(millis, l_millis)
  LROT_FUNCENTRY(stack, l_stack)
  LROT_FUNCENTRY(reason, l_reason)
  LROT_FUNCENTRY(rest, l_rest)
  LROT_FUNCENTRY(watchdog, l_watchdog)
  LROT_FUNCENTRY(get, l_get)
  LROT_FUNCENTRY(set, l_set)
  LROT_FUNCENTRY(space, l_space)
  LROT_FUNCENTRY(mqtt, l_mqtt)
  LROT_FUNCENTRY(http, l_http)
  LROT_FUNCENTRY(mqttinfo, l_mqttinfo)
LROT_END(jobsfw, NULL, 0)

NODEMCU_MODULE(JOBSFW, "jobsfw", jobsfw, NULL);
