/* ESP-IDF's MQTT and HTTP clients, as far as the component sees them. */
#include "board.h"
#include <stdlib.h>
#include <string.h>
#include "esp_crt_bundle.h"

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
