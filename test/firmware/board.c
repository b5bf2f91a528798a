#include "board.h"
#include <stdlib.h>
#include <string.h>
#include "esp_crt_bundle.h"
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
int64_t board_now_us;
int64_t esp_timer_get_time(void) { return board_now_us; }

esp_err_t esp_timer_create(const esp_timer_create_args_t *how, esp_timer_handle_t *handle)
{
  void *memory = malloc(1); /* the real one allocates */
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
  if (t->runs) return ESP_ERR_INVALID_STATE;
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

esp_err_t esp_crt_bundle_attach(void *configuration) { (void)configuration; return ESP_OK; }

/* MQTT */
struct esp_mqtt_client { bool stopped; unsigned stopped_at; esp_event_handler_t handler; void *argument; esp_mqtt_event_t event; };
board_mqtt_state board_mqtt;
static char mqtt_texts[8][4096];
static const char *mqtt_alpn[4];

static void copy(const char **text, int at)
{
  if (!*text) return;
  strcpy(mqtt_texts[at], *text);
  *text = mqtt_texts[at];
}

esp_mqtt_client_handle_t esp_mqtt_client_init(const esp_mqtt_client_config_t *config)
{
  if (board_mqtt.refuse_init) return NULL;
  esp_mqtt_client_handle_t client = calloc(1, sizeof *client);
  if (!client) return NULL;
  esp_mqtt_client_config_t *kept = &board_mqtt.config;
  *kept = *config;
  copy(&kept->credentials.client_id, 0);
  copy(&kept->credentials.username, 1);
  copy(&kept->credentials.authentication.password, 2);
  copy(&kept->session.last_will.topic, 3);
  copy(&kept->session.last_will.msg, 4);
  if (kept->broker.verification.alpn_protos) {
    for (int i = 0; i < 2; i++) {
      mqtt_alpn[i] = config->broker.verification.alpn_protos[i];
      copy(&mqtt_alpn[i], 5 + i);
    }
    kept->broker.verification.alpn_protos = mqtt_alpn;
  }
  board_mqtt.clients++;
  return client;
}

esp_err_t esp_mqtt_client_register_event(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t event, esp_event_handler_t handler, void *argument)
{
  if (board_mqtt.refuse_register) return ESP_ERR_NO_MEM;
  if (event != MQTT_EVENT_ANY || client->handler) return ESP_FAIL; /* one is all that NodeMCU needs */
  client->handler = handler;
  client->argument = argument;
  return ESP_OK;
}

esp_err_t esp_mqtt_client_stop(esp_mqtt_client_handle_t client)
{
  if (client->stopped) return ESP_FAIL;
  client->stopped = true;
  client->stopped_at = board_ticks_rested;
  return ESP_OK;
}

/* The real one stops the client itself, and then may free it while the MQTT task still has a write to do. */
esp_err_t esp_mqtt_client_destroy(esp_mqtt_client_handle_t client)
{
  if (!client) return ESP_ERR_INVALID_ARG;
  if (client->handler && (!client->stopped || client->stopped_at == board_ticks_rested)) abort();
  board_mqtt.clients--;
  board_mqtt.destroyed++;
  free(client);
  return ESP_OK;
}

int esp_mqtt_client_publish(esp_mqtt_client_handle_t client, const char *topic, const char *data, int length, int qos, int retain)
{
  return client && topic && (data || length == 0) && qos <= 2 && retain <= 1 ? board_mqtt.result : -1;
}
int esp_mqtt_client_subscribe_single(esp_mqtt_client_handle_t client, const char *topic, int qos) { return client && topic && qos <= 2 ? board_mqtt.result : -1; }
int esp_mqtt_client_unsubscribe(esp_mqtt_client_handle_t client, const char *topic) { return client && topic ? board_mqtt.result : -1; }

void board_mqtt_event(esp_mqtt_client_handle_t client, const esp_mqtt_event_t *event)
{
  esp_mqtt_event_t copy_of_event = *event;
  client->handler(client->argument, "MQTT_EVENTS", event->event_id, &copy_of_event);
}

void (*board_mqtt_between)(unsigned piece);
void board_mqtt_message(esp_mqtt_client_handle_t client, const char *topic, const char *data, size_t length, size_t buffer, unsigned pieces)
{
  char *in = malloc(buffer); /* what comes later overwrites what came before, as in the real one */
  size_t header = 5 + strlen(topic), payload = buffer > header ? buffer - header : 0, at = 0;
  if (payload > length) payload = length;
  char *name = malloc(strlen(topic) + 1);
  if (!in || !name) abort();
  strcpy(name, topic);
  for (unsigned piece = 0; piece < pieces; piece++) {
    if (piece && board_mqtt_between) board_mqtt_between(piece);
    memcpy(in, data + at, payload);
    esp_mqtt_event_t event = {
      .event_id = MQTT_EVENT_DATA, .client = client, .data = payload ? in : NULL, .data_len = (int)payload, .total_data_len = (int)length,
      .current_data_offset = (int)at, .topic = piece ? NULL : name, .topic_len = piece ? 0 : (int)strlen(topic), .msg_id = 7, .qos = 1,
    };
    board_mqtt_event(client, &event);
    at += payload;
    if (at >= length) break;
    payload = length - at < buffer ? length - at : buffer;
  }
  free(name);
  free(in);
}

/* HTTP */
struct esp_http_client { esp_http_client_method_t method; };
board_http_state board_http;

esp_http_client_handle_t esp_http_client_init(const esp_http_client_config_t *config)
{
  if (board_http.refuse_init) return NULL;
  esp_http_client_handle_t client = calloc(1, sizeof *client);
  if (!client) return NULL;
  board_http.config = *config;
  board_http.clients++;
  return client;
}

esp_err_t esp_http_client_set_method(esp_http_client_handle_t client, esp_http_client_method_t method) { client->method = method; return ESP_OK; }
esp_err_t esp_http_client_perform(esp_http_client_handle_t client) { return client ? board_http.result : ESP_FAIL; }
esp_err_t esp_http_client_cleanup(esp_http_client_handle_t client) { free(client); board_http.clients--; return ESP_OK; }
int esp_http_client_get_status_code(esp_http_client_handle_t client) { return client ? board_http.status : -1; }
int64_t esp_http_client_get_content_length(esp_http_client_handle_t client) { return client ? board_http.content_length : -1; }
bool esp_http_client_is_complete_data_received(esp_http_client_handle_t client) { return client && board_http.is_complete; }
