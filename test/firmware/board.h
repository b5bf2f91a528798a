/* The board behind the stand-ins, as the tests see and disturb it. */
#pragma once
#include <stdbool.h>
#include "esp_http_client.h"
#include "esp_system.h"
#include "mqtt_client.h"

extern size_t board_heap_free, board_heap_block;
extern esp_reset_reason_t board_reset_reason;
extern unsigned board_restarts, board_ticks_rested;
extern int64_t board_now_us;
extern bool board_refuse_timer_start;
/* Lets the time pass, and the timers end. */
void board_pass_ms(int64_t ms);

/* NVS. The named call fails with the error, once: "open", "get", "set", "erase", "commit", "stats". */
void board_nvs_fail(const char *call, esp_err_t err);
/* A string of these bytes, with a NUL or without. */
void board_nvs_put_bytes(const char *name_space, const char *key, const char *bytes, size_t length);
void board_nvs_put_string(const char *name_space, const char *key, const char *value);
/* The value keeps its length in the index, but a part of it is gone. */
void board_nvs_tear(const char *name_space, const char *key);
/* The value becomes another between the look-up of its size and its reading. */
void board_nvs_grow_before_read(const char *name_space, const char *key);
void board_nvs_clear(void);
extern int board_nvs_open_handles;

/* MQTT: what ESP-IDF was given, and what it has to say. */
typedef struct {
  esp_mqtt_client_config_t config; /* its texts are copies, as ESP-IDF makes them */
  unsigned clients, destroyed;
  bool refuse_init, refuse_register;
  int result;                      /* of publish, subscribe and unsubscribe */
} board_mqtt_state;
extern board_mqtt_state board_mqtt;
void board_mqtt_event(esp_mqtt_client_handle_t client, const esp_mqtt_event_t *event);
/* A message as deliver_publish of esp-mqtt hands it out, with a receive buffer of that size; gives up after so many pieces. */
extern void (*board_mqtt_between)(unsigned piece); /* called before each piece but the first, if not NULL */
void board_mqtt_message(esp_mqtt_client_handle_t client, const char *topic, const char *data, size_t length, size_t buffer, unsigned pieces);

typedef struct {
  esp_http_client_config_t config; /* of the last connection; pointers as given */
  unsigned clients;
  bool refuse_init, is_complete;
  int status;
  int64_t content_length;
  esp_err_t result;
} board_http_state;
extern board_http_state board_http;
extern int board_locks_held;
