/* Calls ESP-IDF as NodeMCU's mqtt.c does, linked with the --wrap options of the component's CMakeLists.txt. */
#include "allocator.h"
#include "board.h"
#include "check.h"
#include "esp_crt_bundle.h"
#include "nodemcu-mqtt.h"
#include "settings.h"
#include "wraps.h"

static void mqtt_defaults(void)
{
  esp_mqtt_client_handle_t client = connect_as(nodemcu_config());
  const esp_mqtt_client_config_t *c = &board_mqtt.config;
  CHECK_NUMBER(c->broker.verification.certificate_len, 0);
  CHECK_NUMBER(c->credentials.authentication.key_len, 0);
  CHECK_NUMBER(c->credentials.authentication.certificate_len, 6);
  CHECK(c->broker.verification.crt_bundle_attach == NULL);
  CHECK(c->broker.verification.alpn_protos == NULL);
  CHECK(strcmp(c->credentials.client_id, "cut-at-32-characters-by-NodeMCU-") == 0);
  CHECK_NUMBER(c->network.reconnect_timeout_ms, 200);
  CHECK(c->network.disable_auto_reconnect);
  CHECK_NUMBER(c->buffer.size, 0);
  CHECK_NUMBER(esp_mqtt_client_destroy(client), ESP_OK);

  esp_mqtt_client_config_t other = nodemcu_config();
  other.broker.verification.certificate = NULL;
  other.broker.verification.certificate_len = 0;
  other.broker.address.port = 443;
  client = connect_as(other);
  CHECK(c->broker.verification.crt_bundle_attach == esp_crt_bundle_attach);
  CHECK(strcmp(c->broker.verification.alpn_protos[0], "x-amzn-mqtt-ca") == 0);
  CHECK(c->broker.verification.alpn_protos[1] == NULL);
  esp_mqtt_client_destroy(client);

  other.broker.address.transport = MQTT_TRANSPORT_OVER_TCP;
  client = connect_as(other);
  CHECK(c->broker.verification.crt_bundle_attach == NULL && c->broker.verification.alpn_protos == NULL);
  esp_mqtt_client_destroy(client);

  other.broker.address.transport = MQTT_TRANSPORT_UNKNOWN;
  other.broker.address.uri = "mqtts://broker";
  client = connect_as(other);
  CHECK(c->broker.verification.crt_bundle_attach == esp_crt_bundle_attach);
  esp_mqtt_client_destroy(client);
}

static void mqtt_settings(void)
{
  char name[129] = { 0 };
  memset(name, 'n', 128);
  USE_MQTT({ "clientid", name, 0 }, { "username", "u", 0 }, { "password", "p", 0 }, { "lwt_topic", name, 0 }, { "lwt_msg", "gone", 0 }, { "alpn", "mqtt", 0 });
  esp_mqtt_client_handle_t client = connect_as(nodemcu_config());
  USE_MQTT(); /* the first settings are freed: nothing of them is in use */
  const esp_mqtt_client_config_t *c = &board_mqtt.config;
  CHECK_NUMBER(strlen(c->credentials.client_id), 128);
  CHECK(strcmp(c->credentials.username, "u") == 0);
  CHECK(strcmp(c->credentials.authentication.password, "p") == 0);
  CHECK_NUMBER(strlen(c->session.last_will.topic), 128);
  CHECK_NUMBER(c->session.last_will.msg_len, 4);
  CHECK(strcmp(c->broker.verification.alpn_protos[0], "mqtt") == 0);
  esp_mqtt_client_destroy(client);

  USE_MQTT({ "alpn", "", 0 });
  esp_mqtt_client_config_t on_443 = nodemcu_config();
  on_443.broker.address.port = 443;
  client = connect_as(on_443);
  CHECK(c->broker.verification.alpn_protos == NULL);
  esp_mqtt_client_destroy(client);
  USE_MQTT();
}

static void mqtt_numbers(void)
{
  USE_MQTT({ "bufsize", NULL, 8192 }, { "outsize", NULL, 2048 }, { "timeout", NULL, 3000 }, { "reconnect", NULL, 100 },
           { "lwt_topic", "gone", 0 }, { "lwt_qos", NULL, 1 }, { "lwt_retain", NULL, 1 });
  esp_mqtt_client_handle_t client = connect_as(nodemcu_config());
  const esp_mqtt_client_config_t *c = &board_mqtt.config;
  CHECK_NUMBER(c->buffer.size, 8192);
  CHECK_NUMBER(c->buffer.out_size, 2048);
  CHECK_NUMBER(c->network.timeout_ms, 3000);
  CHECK_NUMBER(c->network.reconnect_timeout_ms, 100);
  CHECK_NUMBER(c->session.last_will.qos, 1);
  CHECK_NUMBER(c->session.last_will.retain, 1);
  /* A will without a message is an empty one: esp-mqtt makes one only of a message that is there. */
  CHECK(c->session.last_will.msg && c->session.last_will.msg[0] == '\0');
  CHECK_NUMBER(c->session.last_will.msg_len, 0);
  esp_mqtt_client_destroy(client);
  USE_MQTT();
}

/* A certificate in DER is passed on with its length, also when it has a NUL in front, and plain TCP gets no roots and no ALPN for a URI either. */
static void mqtt_forms(void)
{
  const esp_mqtt_client_config_t *c = &board_mqtt.config;
  esp_mqtt_client_config_t config = nodemcu_config();
  config.broker.verification.certificate = "\0-----BEGIN CERTIFICATE-----";
  config.broker.verification.certificate_len = 28;
  config.credentials.authentication.key = "";
  config.credentials.authentication.key_len = 0;
  esp_mqtt_client_handle_t client = connect_as(config);
  CHECK_NUMBER(c->broker.verification.certificate_len, 28);
  CHECK_NUMBER(c->credentials.authentication.key_len, 0);
  esp_mqtt_client_destroy(client);

  config = nodemcu_config();
  config.broker.verification.certificate = NULL;
  config.broker.address.transport = MQTT_TRANSPORT_UNKNOWN;
  config.broker.address.uri = "mqtt://broker";
  config.broker.address.port = 443;
  client = connect_as(config);
  CHECK(c->broker.verification.crt_bundle_attach == NULL && c->broker.verification.alpn_protos == NULL);
  esp_mqtt_client_destroy(client);
}

static unsigned others;
static void other_handler(void *argument, esp_event_base_t base, int32_t id, void *data)
{
  CHECK(!argument && base && id == MQTT_EVENT_CONNECTED && data);
  others++;
}

static void mqtt_handlers(void)
{
  esp_mqtt_client_config_t config = nodemcu_config();
  esp_mqtt_error_codes_t error = { 0 };
  memset(&heard, 0, sizeof heard);
  esp_mqtt_client_handle_t client = esp_mqtt_client_init(&config);
  esp_mqtt_event_t event = { .client = client, .event_id = MQTT_EVENT_CONNECTED, .error_handle = &error };
  board_mqtt_event(client, &event); /* nobody listens yet */
  esp_mqtt_client_register_event(client, MQTT_EVENT_ANY, nodemcu_handler, &heard);
  board_mqtt_event(client, &event);
  CHECK_NUMBER(heard.events, 1);
  /* What is not NodeMCU's is not ours: the stand-in refuses a second handler. */
  CHECK_NUMBER(esp_mqtt_client_register_event(client, MQTT_EVENT_ANY, other_handler, NULL), ESP_FAIL);
  CHECK_NUMBER(esp_mqtt_client_register_event(client, MQTT_EVENT_DATA, other_handler, NULL), ESP_FAIL);
  board_mqtt_event(client, &event);
  CHECK_NUMBER(heard.events, 2);
  CHECK_NUMBER(others, 0);
  jobsfw_notes.sub_refused = true;
  event.event_id = MQTT_EVENT_SUBSCRIBED;
  board_mqtt_event(client, &event);
  CHECK(!jobsfw_notes.sub_refused);
  event.error_handle = NULL;
  board_mqtt_event(client, &event);
  CHECK(!jobsfw_notes.sub_refused);
  event.event_id = MQTT_EVENT_ERROR;
  board_mqtt_event(client, &event);
  CHECK_NUMBER(heard.events, 4);
  esp_mqtt_client_destroy(client);
}

static void mqtt_events(void)
{
  char old[] = "still in esp-mqtt's buffer";
  esp_mqtt_error_codes_t error = { .error_type = MQTT_ERROR_TYPE_TCP_TRANSPORT, .esp_tls_last_esp_err = 0x8006, .esp_tls_stack_err = -0x2700, .esp_tls_cert_verify_flags = 8, .esp_transport_sock_errno = 113 };
  esp_mqtt_client_handle_t client = connect_as(nodemcu_config());
  esp_mqtt_event_t event = { .client = client, .data = old, .data_len = 26, .total_data_len = 26, .topic = old, .topic_len = 5, .error_handle = &error };

  event.event_id = MQTT_EVENT_BEFORE_CONNECT;
  board_mqtt_event(client, &event);
  event.event_id = MQTT_EVENT_ERROR;
  board_mqtt_event(client, &event);
  CHECK_NUMBER(heard.events, 0);
  CHECK_NUMBER(jobsfw_notes.err_type, 1);
  CHECK_NUMBER(jobsfw_notes.esp_err, 0x8006);
  CHECK_NUMBER(jobsfw_notes.tls_err, -0x2700);
  CHECK_NUMBER(jobsfw_notes.cert_flags, 8);
  CHECK_NUMBER(jobsfw_notes.sock_errno, 113);
  error = (esp_mqtt_error_codes_t) { .error_type = MQTT_ERROR_TYPE_CONNECTION_REFUSED, .connect_return_code = 5 };
  board_mqtt_event(client, &event);
  CHECK_NUMBER(jobsfw_notes.connack, 5);
  event.event_id = MQTT_EVENT_DISCONNECTED;
  board_mqtt_event(client, &event);
  CHECK_NUMBER(heard.last, MQTT_EVENT_DISCONNECTED);
  CHECK_NUMBER(heard.events, 1);
  esp_mqtt_client_destroy(client);

  client = connect_as(nodemcu_config());
  CHECK_NUMBER(jobsfw_notes.connack, 0);
  CHECK_NUMBER(jobsfw_notes.err_type, 0);
  event.client = client;
  event.event_id = MQTT_EVENT_CONNECTED;
  board_mqtt_event(client, &event);
  board_mqtt.result = 41;
  CHECK_NUMBER(esp_mqtt_client_subscribe_single(client, "t", 1), ESP_OK);
  error.error_type = MQTT_ERROR_TYPE_SUBSCRIBE_FAILED;
  event.event_id = MQTT_EVENT_SUBSCRIBED;
  board_mqtt_event(client, &event);
  CHECK(jobsfw_notes.sub_refused);
  CHECK_NUMBER(esp_mqtt_client_unsubscribe(client, "t"), ESP_OK);
  CHECK_NUMBER(esp_mqtt_client_subscribe_single(client, "t", 1), ESP_OK);
  CHECK(!jobsfw_notes.sub_refused);
  unsigned acks = jobsfw_notes.acks;
  CHECK_NUMBER(esp_mqtt_client_publish(client, "t", "x", 1, 1, 0), 41);
  CHECK_NUMBER(jobsfw_notes.last_id, 41);
  event.event_id = MQTT_EVENT_PUBLISHED;
  event.msg_id = 41;
  board_mqtt_event(client, &event);
  CHECK_NUMBER(jobsfw_notes.acked_id, 41);
  CHECK_NUMBER(jobsfw_notes.acks, acks + 1);
  board_mqtt.result = -1;
  CHECK_NUMBER(esp_mqtt_client_subscribe_single(client, "t", 1), ESP_FAIL);
  CHECK_NUMBER(esp_mqtt_client_unsubscribe(client, "t"), ESP_FAIL);
  CHECK_NUMBER(esp_mqtt_client_publish(client, "t", "x", 1, 0, 0), -1);
  CHECK_NUMBER(jobsfw_notes.last_id, -1);
  esp_mqtt_client_destroy(client);
}

static void mqtt_failures(void)
{
  unsigned clients = board_mqtt.clients;
  board_mqtt.refuse_init = true;
  CHECK(connect_as(nodemcu_config()) == NULL);
  board_mqtt.refuse_init = false;
  board_mqtt.refuse_register = true;
  CHECK(connect_as(nodemcu_config()) == NULL);
  board_mqtt.refuse_register = false;
  for (long grants = 0; grants < 2; grants++) {
    allocator_grants = grants;
    CHECK(connect_as(nodemcu_config()) == NULL);
    CHECK_NUMBER(allocator_grants, -1);
  }
  CHECK_NUMBER(board_mqtt.clients, clients);
  CHECK_NUMBER(esp_mqtt_client_destroy(NULL), ESP_ERR_INVALID_ARG);

  esp_mqtt_client_handle_t one = connect_as(nodemcu_config()), two = connect_as(nodemcu_config());
  CHECK_NUMBER(esp_mqtt_client_destroy(one), ESP_OK);
  board_mqtt_message(two, "t", "still there", 11, 64, 10);
  CHECK_NUMBER(heard.messages, 1);
  CHECK_NUMBER(esp_mqtt_client_destroy(two), ESP_OK);
}

int main(void)
{
  TEST("MQTT: PEM and DER get the lengths they need, roots and ALPN where none were given, a short wait after a loss", mqtt_defaults);
  TEST("MQTT: settings replace what NodeMCU cut, and are not needed once the client is made", mqtt_settings);
  TEST("MQTT: sizes and times reach ESP-IDF, and so does a will without a message", mqtt_numbers);
  TEST("MQTT: DER keeps its length; plain TCP gets neither roots nor ALPN", mqtt_forms);
  TEST("MQTT: events before there is a handler, and of others' handlers, do no harm", mqtt_handlers);
  TEST("MQTT: events carry no stale data; errors, refusals and acknowledgements are told", mqtt_events);
  TEST("MQTT: refused memory is a client that was not made; clients do not disturb each other", mqtt_failures);
  jobsfw_settings_release(jobsfw_mqtt_settings);
  return 0;
}
