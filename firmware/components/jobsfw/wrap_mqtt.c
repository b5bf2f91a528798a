/* What NodeMCU's mqtt module leaves out of esp-mqtt's configuration, and what it makes of esp-mqtt's events
 * (nodemcu-firmware components/modules/mqtt.c; espressif/esp-mqtt mqtt_client.c @ e6afdb40, the submodule of ESP-IDF v5.1.3).
 * Reached through ld --wrap: no file of NodeMCU is changed. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "sdkconfig.h"
#include "esp_heap_caps.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "mqtt_client.h"
#if CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
#include "esp_crt_bundle.h"
#endif
#include "assembly.h"
#include "wraps.h"

/* AWS IoT takes MQTT with X.509 certificates on port 443 only under this name. */
#define ALPN_PORT 443
#define ALPN_AWS_MQTT "x-amzn-mqtt-ca"

JOBSFW_WRAP(esp_mqtt_client_init);
JOBSFW_WRAP(esp_mqtt_client_register_event);
JOBSFW_WRAP(esp_mqtt_client_destroy);
JOBSFW_WRAP(esp_mqtt_client_publish);
JOBSFW_WRAP(esp_mqtt_client_subscribe_single);
JOBSFW_WRAP(esp_mqtt_client_unsubscribe);

static jobsfw_settings initial = { .number = { [JOBSFW_RECONNECT] = 200 } };
jobsfw_settings *jobsfw_mqtt_settings = &initial;
jobsfw_mqtt_notes jobsfw_notes;

/* One per client. The list is the Lua task's; events bring their own client's relay along, from start to destroy. */
typedef struct relay {
  struct relay *next;
  esp_mqtt_client_handle_t client;
  esp_event_handler_t handler; /* NodeMCU's */
  void *argument;
  jobsfw_assembly assembly;
} relay;

static relay *relays;

static relay **find(esp_mqtt_client_handle_t client)
{
  relay **at = &relays;
  while (*at && (*at)->client != client) at = &(*at)->next;
  return at;
}

/* NodeMCU passes the length of a Lua string, which makes esp-mqtt take PEM for DER (esp_mqtt_set_cert_key_data): length 0 says
 * "PEM up to the NUL", and Lua strings have that NUL. PEM may have text before its first line. */
static size_t length_for_esp(const char *data, size_t length)
{
  return data && length > 0 && strstr(data, "-----BEGIN ") ? 0 : length;
}

static bool has_scheme(const char *uri, const char *scheme)
{
  return uri && strncmp(uri, scheme, strlen(scheme)) == 0;
}

static void complete(esp_mqtt_client_config_t *c, const jobsfw_settings *s, const char *alpn[2])
{
  struct verification_t *server = &c->broker.verification;
  struct authentication_t *own = &c->credentials.authentication;
  server->certificate_len = length_for_esp(server->certificate, server->certificate_len);
  own->certificate_len = length_for_esp(own->certificate, own->certificate_len);
  own->key_len = length_for_esp(own->key, own->key_len);

  if (c->broker.address.transport == MQTT_TRANSPORT_OVER_SSL || has_scheme(c->broker.address.uri, "mqtts:")) {
#if CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
    if (!server->certificate) server->crt_bundle_attach = esp_crt_bundle_attach;
#endif
    alpn[0] = s->text[JOBSFW_ALPN];
    if (!alpn[0] && c->broker.address.port == ALPN_PORT) alpn[0] = ALPN_AWS_MQTT;
    if (alpn[0] && alpn[0][0]) server->alpn_protos = alpn; /* esp_mqtt_set_config copies it */
  }

  /* All texts below are copied by esp_mqtt_set_config, too. */
  if (s->text[JOBSFW_CLIENTID]) c->credentials.client_id = s->text[JOBSFW_CLIENTID];
  if (s->text[JOBSFW_USERNAME]) c->credentials.username = s->text[JOBSFW_USERNAME];
  if (s->text[JOBSFW_PASSWORD]) own->password = s->text[JOBSFW_PASSWORD];
  if (s->text[JOBSFW_LWT_TOPIC]) {
    c->session.last_will.topic = s->text[JOBSFW_LWT_TOPIC];
    c->session.last_will.msg = s->text[JOBSFW_LWT_MSG] ? s->text[JOBSFW_LWT_MSG] : "";
    c->session.last_will.msg_len = (int)s->length[JOBSFW_LWT_MSG];
    c->session.last_will.qos = s->number[JOBSFW_LWT_QOS];
    c->session.last_will.retain = s->number[JOBSFW_LWT_RETAIN];
  }
  if (s->number[JOBSFW_BUFSIZE]) c->buffer.size = s->number[JOBSFW_BUFSIZE];
  if (s->number[JOBSFW_OUTSIZE]) c->buffer.out_size = s->number[JOBSFW_OUTSIZE];
  if (s->number[JOBSFW_TIMEOUT]) c->network.timeout_ms = s->number[JOBSFW_TIMEOUT];
  c->network.reconnect_timeout_ms = s->number[JOBSFW_RECONNECT];
}

/* MALLOC_CAP_DEFAULT is what malloc takes from. */
static bool room_for(size_t bytes, unsigned copies)
{
  return jobsfw_fits(bytes, copies, heap_caps_get_free_size(MALLOC_CAP_DEFAULT), heap_caps_get_largest_free_block(MALLOC_CAP_DEFAULT));
}

static void note_error(const esp_mqtt_error_codes_t *e)
{
  jobsfw_notes.err_type = e->error_type;
  jobsfw_notes.esp_err = e->esp_tls_last_esp_err;
  jobsfw_notes.tls_err = e->esp_tls_stack_err;
  jobsfw_notes.cert_flags = e->esp_tls_cert_verify_flags;
  jobsfw_notes.sock_errno = e->esp_transport_sock_errno;
  jobsfw_notes.connack = e->connect_return_code;
}

static void deliver_data(relay *r, esp_event_base_t base, int32_t id, const esp_mqtt_event_t *event)
{
  const jobsfw_fragment fragment = {
    .topic = event->topic, .topic_length = event->topic_len, .data = event->data, .data_length = event->data_len,
    .offset = event->current_data_offset, .total = event->total_data_len,
  };
  jobsfw_assembly *a = &r->assembly;
  unsigned before = a->dropped;
  jobsfw_step step = jobsfw_assemble(a, &fragment, CONFIG_JOBSFW_MQTT_MAX_MESSAGE, room_for);
  jobsfw_notes.dropped += a->dropped - before;
  if (step == JOBSFW_NOTHING) return;

  esp_mqtt_event_t told = *event;
  if (a->topic) {
    told.topic = a->topic;
    told.topic_len = (int)a->topic_length;
    told.current_data_offset = 0;
  }
  if (step != JOBSFW_PASS) {
    told.data = a->data; /* NULL of a message that was dropped: Lua hears of it by its topic, and can ask for less */
    told.data_len = told.total_data_len = a->data ? (int)a->total : 0;
  }
  if (step != JOBSFW_DROPPED || (told.topic && room_for((size_t)told.topic_len, 2)))
    r->handler(r->argument, base, id, &told); /* makes its own copy */
  jobsfw_assembly_clear(a);
}

/* Runs in the MQTT task, and in the Lua task when a write fails there (esp_mqtt_client_publish, esp_mqtt_abort_connection): never in
 * both at once, as esp-mqtt holds its API lock while it dispatches. */
static void on_event(void *argument, esp_event_base_t base, int32_t id, void *data)
{
  relay *r = argument;
  const esp_mqtt_event_t *event = data;
  if (!r->handler) return;

  switch (event->event_id) {
    case MQTT_EVENT_DATA:
      deliver_data(r, base, id, event);
      return;
    case MQTT_EVENT_ERROR:
      if (event->error_handle) note_error(event->error_handle);
      return;
    case MQTT_EVENT_PUBLISHED:
      jobsfw_notes.acked_id = event->msg_id;
      jobsfw_notes.acks++;
      break;
    case MQTT_EVENT_SUBSCRIBED:
      jobsfw_notes.sub_refused =
        event->error_handle && event->error_handle->error_type == MQTT_ERROR_TYPE_SUBSCRIBE_FAILED;
      break;
    case MQTT_EVENT_CONNECTED:
    case MQTT_EVENT_DISCONNECTED: /* NodeMCU destroys the client then, and what was half way goes with it */
    case MQTT_EVENT_UNSUBSCRIBED:
      break;
    default:
      return; /* NodeMCU copies other events, too, and throws them away */
  }
  /* esp-mqtt has one event struct per client, with the last message's topic and data still in it: NodeMCU would copy them. */
  esp_mqtt_event_t bare = *event;
  bare.topic = bare.data = NULL;
  bare.topic_len = bare.data_len = bare.total_data_len = bare.current_data_offset = 0;
  r->handler(r->argument, base, id, &bare);
}

/* The relay is made and registered here, where NodeMCU looks at the result, and not in register_event, where it does not. */
esp_mqtt_client_handle_t __wrap_esp_mqtt_client_init(const esp_mqtt_client_config_t *config)
{
  esp_mqtt_client_config_t completed = *config;
  const char *alpn[2] = { NULL, NULL };
  relay *r = calloc(1, sizeof *r);
  if (!r) return NULL;

  complete(&completed, jobsfw_mqtt_settings, alpn);
  jobsfw_notes.err_type = jobsfw_notes.esp_err = jobsfw_notes.tls_err = 0;
  jobsfw_notes.cert_flags = jobsfw_notes.sock_errno = jobsfw_notes.connack = 0;
  r->client = __real_esp_mqtt_client_init(&completed);
  if (!r->client) {
    free(r);
    return NULL;
  }
  if (__real_esp_mqtt_client_register_event(r->client, MQTT_EVENT_ANY, on_event, r) != ESP_OK) {
    __real_esp_mqtt_client_destroy(r->client);
    free(r);
    return NULL;
  }
  r->next = relays;
  relays = r;
  return r->client;
}

esp_err_t __wrap_esp_mqtt_client_register_event(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t event,
                                                esp_event_handler_t handler, void *argument)
{
  relay *r = *find(client);
  if (!r || r->handler || event != MQTT_EVENT_ANY)
    return __real_esp_mqtt_client_register_event(client, event, handler, argument);
  r->argument = argument;
  r->handler = handler; /* before start: the MQTT task does not exist yet */
  return ESP_OK;
}

esp_err_t __wrap_esp_mqtt_client_destroy(esp_mqtt_client_handle_t client)
{
  relay **at = find(client), *r = *at;
  if (!r) return __real_esp_mqtt_client_destroy(client);

  /* esp_mqtt_task writes to the client once more after it has told that it ends: destroy alone may have freed it by then. */
  esp_mqtt_client_stop(client);
  vTaskDelay(1);
  esp_err_t err = __real_esp_mqtt_client_destroy(client);
  *at = r->next;
  jobsfw_assembly_clear(&r->assembly);
  free(r);
  return err;
}

int __wrap_esp_mqtt_client_publish(esp_mqtt_client_handle_t client, const char *topic, const char *data, int length, int qos,
                                   int retain)
{
  jobsfw_notes.last_id = __real_esp_mqtt_client_publish(client, topic, data, length, qos, retain);
  return jobsfw_notes.last_id;
}

/* NodeMCU compares the result with ESP_OK, but it is a message id, never 0 on success. */
int __wrap_esp_mqtt_client_subscribe_single(esp_mqtt_client_handle_t client, const char *topic, int qos)
{
  jobsfw_notes.sub_refused = false;
  return __real_esp_mqtt_client_subscribe_single(client, topic, qos) >= 0 ? ESP_OK : ESP_FAIL;
}

int __wrap_esp_mqtt_client_unsubscribe(esp_mqtt_client_handle_t client, const char *topic)
{
  return __real_esp_mqtt_client_unsubscribe(client, topic) >= 0 ? ESP_OK : ESP_FAIL;
}
