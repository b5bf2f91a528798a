#include "board.h"
#include <stdlib.h>
#include <string.h>
#include "esp_heap_caps.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "freertos/task.h"
#include "nvs.h"

size_t board_heap_free = 100000, board_heap_block = 60000;
size_t heap_caps_get_free_size(uint32_t caps) { return caps == MALLOC_CAP_DEFAULT ? board_heap_free : 0; }
size_t heap_caps_get_largest_free_block(uint32_t caps) { return caps == MALLOC_CAP_DEFAULT ? board_heap_block : 0; }
size_t heap_caps_get_minimum_free_size(uint32_t caps) { return caps == MALLOC_CAP_DEFAULT ? board_heap_free / 2 : 0; }

void esp_fill_random(void *buffer, size_t length)
{
  static unsigned char last;
  for (size_t i = 0; i < length; i++) ((unsigned char *)buffer)[i] = last++;
}

esp_reset_reason_t board_reset_reason = ESP_RST_POWERON;
unsigned board_restarts, board_ticks_rested;
esp_reset_reason_t esp_reset_reason(void) { return board_reset_reason; }
void esp_restart(void) { board_restarts++; }
void vTaskDelay(unsigned ticks) { board_ticks_rested += ticks; }
unsigned uxTaskGetStackHighWaterMark(void *task) { return task ? 0 : 5000; }

int board_locks_held;
void board_enter_critical(portMUX_TYPE *lock) { lock->held++; board_locks_held++; }
void board_exit_critical(portMUX_TYPE *lock) { lock->held--; board_locks_held--; }

/* Timers */
struct esp_timer { void (*callback)(void *); void *arg; int64_t due_us; bool runs; };
static struct esp_timer timer;
static bool timer_made;
bool board_refuse_timer_start;
int64_t board_now_us;
int64_t esp_timer_get_time(void) { return board_now_us; }

esp_err_t esp_timer_create(const esp_timer_create_args_t *how, esp_timer_handle_t *handle)
{
  void *volatile memory = malloc(1); /* the real one allocates; volatile, or clang leaves it out */
  if (!memory) return ESP_ERR_NO_MEM;
  free(memory);
  if (timer_made) return ESP_FAIL; /* one is enough */
  timer_made = true;
  timer.callback = how->callback;
  timer.arg = how->arg;
  *handle = &timer;
  return ESP_OK;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t t, uint64_t timeout_us)
{
  if (t->runs || board_refuse_timer_start) return ESP_ERR_INVALID_STATE;
  t->runs = true;
  t->due_us = board_now_us + (int64_t)timeout_us;
  return ESP_OK;
}

esp_err_t esp_timer_stop(esp_timer_handle_t t)
{
  if (!t->runs) return ESP_ERR_INVALID_STATE;
  t->runs = false;
  return ESP_OK;
}

void board_pass_ms(int64_t ms)
{
  board_now_us += ms * 1000;
  if (timer.runs && timer.due_us <= board_now_us) {
    timer.runs = false;
    timer.callback(timer.arg);
  }
}

const char *esp_err_to_name(esp_err_t code)
{
  static const struct { esp_err_t code; const char *name; } names[] = {
    { ESP_FAIL, "ESP_FAIL" }, { ESP_ERR_NO_MEM, "ESP_ERR_NO_MEM" }, { ESP_ERR_NVS_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND" },
    { ESP_ERR_NVS_NOT_ENOUGH_SPACE, "ESP_ERR_NVS_NOT_ENOUGH_SPACE" }, { ESP_ERR_NVS_VALUE_TOO_LONG, "ESP_ERR_NVS_VALUE_TOO_LONG" },
    { ESP_ERR_NVS_INVALID_LENGTH, "ESP_ERR_NVS_INVALID_LENGTH" }, { ESP_ERR_NVS_NOT_INITIALIZED, "ESP_ERR_NVS_NOT_INITIALIZED" },
    { ESP_ERR_NVS_REMOVE_FAILED, "ESP_ERR_NVS_REMOVE_FAILED" },
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].code == code) return names[i].name;
  return "UNKNOWN ERROR";
}

/* NVS: items by namespace, key and type, as nvs_flash keeps them */
typedef struct { char name_space[16], key[16]; bool is_string, is_torn, grows; char *value; size_t length; } item;
#define ITEMS 16
static item items[ITEMS];
static struct { bool open, writes; char name_space[16]; } handles[8];
int board_nvs_open_handles;
static const char *failing_call;
static esp_err_t failing_with;

void board_nvs_fail(const char *call, esp_err_t err) { failing_call = call; failing_with = err; }

static esp_err_t failure(const char *call)
{
  if (!failing_call || strcmp(call, failing_call) != 0) return ESP_OK;
  failing_call = NULL;
  return failing_with;
}

static item *look_up(const char *name_space, const char *key, int is_string)
{
  for (int i = 0; i < ITEMS; i++)
    if (items[i].value && (is_string < 0 || items[i].is_string == is_string) && strcmp(items[i].key, key) == 0 &&
        strcmp(items[i].name_space, name_space) == 0) return &items[i];
  return NULL;
}

static esp_err_t put(const char *name_space, const char *key, bool is_string, const void *value, size_t length)
{
  if (strlen(key) > 15) return ESP_ERR_NVS_KEY_TOO_LONG;
  if (length > 5 * 4000) return ESP_ERR_NVS_VALUE_TOO_LONG; /* 0x6000 bytes: 6 pages, one kept free */
  item *at = look_up(name_space, key, is_string);
  for (int i = 0; !at && i < ITEMS; i++)
    if (!items[i].value) at = &items[i];
  if (!at) return ESP_ERR_NVS_NOT_ENOUGH_SPACE;
  char *old = at->value, *new = malloc(length + 1);
  if (!new) return ESP_ERR_NO_MEM;
  memset(at, 0, sizeof *at);
  at->value = new;
  if (length) memcpy(at->value, value, length);
  strcpy(at->name_space, name_space);
  strcpy(at->key, key);
  at->is_string = is_string;
  at->length = length;
  free(old);
  return ESP_OK;
}

void board_nvs_put_bytes(const char *name_space, const char *key, const char *bytes, size_t length) { put(name_space, key, true, bytes, length); }
void board_nvs_put_string(const char *name_space, const char *key, const char *value) { put(name_space, key, true, value, strlen(value) + 1); }
void board_nvs_tear(const char *name_space, const char *key) { look_up(name_space, key, -1)->is_torn = true; }
void board_nvs_grow_before_read(const char *name_space, const char *key) { look_up(name_space, key, -1)->grows = true; }

void board_nvs_clear(void)
{
  for (int i = 0; i < ITEMS; i++) free(items[i].value);
  memset(items, 0, sizeof items);
}

esp_err_t nvs_open(const char *name_space, nvs_open_mode_t mode, nvs_handle_t *handle)
{
  esp_err_t err = failure("open");
  if (err) return err;
  if (strlen(name_space) > 15 || !*name_space) return ESP_ERR_NVS_INVALID_NAME;
  bool exists = mode == NVS_READWRITE;
  for (int i = 0; i < ITEMS; i++) exists |= items[i].value && strcmp(items[i].name_space, name_space) == 0;
  if (!exists) return ESP_ERR_NVS_NOT_FOUND;
  for (nvs_handle_t h = 0; h < 8; h++) {
    if (handles[h].open) continue;
    handles[h].open = true;
    handles[h].writes = mode == NVS_READWRITE;
    strcpy(handles[h].name_space, name_space);
    board_nvs_open_handles++;
    *handle = h + 1;
    return ESP_OK;
  }
  return ESP_ERR_NO_MEM;
}

void nvs_close(nvs_handle_t handle) { handles[handle - 1].open = false; board_nvs_open_handles--; }

static esp_err_t get(nvs_handle_t handle, const char *key, bool is_string, void *value, size_t *length)
{
  esp_err_t err = failure("get");
  if (err) return err;
  if (!handles[handle - 1].open) return ESP_ERR_NVS_INVALID_HANDLE;
  item *at = look_up(handles[handle - 1].name_space, key, is_string);
  if (!at) return ESP_ERR_NVS_NOT_FOUND;
  if (!value) {
    *length = at->length;
    if (at->grows) { at->grows = false; put(handles[handle - 1].name_space, key, is_string, "another value", 13 + is_string); }
    return ESP_OK;
  }
  size_t room = *length;
  *length = at->length;
  if (room < at->length) return ESP_ERR_NVS_INVALID_LENGTH;
  memcpy(value, at->value, at->is_torn ? at->length / 2 : at->length);
  return at->is_torn ? ESP_FAIL : ESP_OK;
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *value, size_t *length) { return get(handle, key, false, value, length); }
esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *value, size_t *length) { return get(handle, key, true, value, length); }

esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t length)
{
  esp_err_t err = failure("set");
  if (err) return err;
  if (!handles[handle - 1].writes) return ESP_ERR_NVS_READ_ONLY;
  return put(handles[handle - 1].name_space, key, false, value, length);
}

esp_err_t nvs_erase_key(nvs_handle_t handle, const char *key)
{
  esp_err_t err = failure("erase");
  if (err) return err;
  item *at = look_up(handles[handle - 1].name_space, key, -1);
  if (!at) return ESP_ERR_NVS_NOT_FOUND;
  free(at->value);
  memset(at, 0, sizeof *at);
  return ESP_OK;
}

esp_err_t nvs_commit(nvs_handle_t handle) { return handles[handle - 1].open ? failure("commit") : ESP_ERR_NVS_INVALID_HANDLE; }

esp_err_t nvs_get_stats(const char *partition, nvs_stats_t *stats)
{
  esp_err_t err = failure("stats");
  if (err) return err;
  if (partition) return ESP_ERR_INVALID_ARG;
  *stats = (nvs_stats_t) { 100, 656, 756, 2 };
  return ESP_OK;
}
