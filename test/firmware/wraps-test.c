/* Calls ESP-IDF as NodeMCU does, linked with the --wrap options of the component's CMakeLists.txt. */
#include "allocator.h"
#include "board.h"
#include "check.h"
#include "esp_crt_bundle.h"
#include "wraps.h"

static void use(jobsfw_settings **used, const jobsfw_option_group *group, const char *names[][2])
{
  jobsfw_draft draft;
  jobsfw_draft_start(&draft, group);
  for (; (*names)[0]; names++) CHECK_NUMBER(jobsfw_draft_text(&draft, (*names)[0], (*names)[1], strlen((*names)[1])), JOBSFW_OPTION_OK);
  jobsfw_settings *settings = jobsfw_settings_new(&draft);
  CHECK(settings);
  jobsfw_settings_release(*used);
  *used = settings;
}

static void use_mqtt(const char *names[][2]) { use(&jobsfw_mqtt_settings, &jobsfw_mqtt_group, names); }
static void use_http(const char *names[][2]) { use(&jobsfw_http_settings, &jobsfw_http_group, names); }

/* ---- as NodeMCU's mqtt.c ---- */

static struct { unsigned messages, events; esp_mqtt_event_id_t last; char topic[300], data[40000]; int topic_length, data_length; bool data_given; } heard;

static void nodemcu_handler(void *argument, esp_event_base_t base, int32_t id, void *data)
{
  const esp_mqtt_event_t *event = data;
  CHECK(argument == &heard);
  CHECK(base && id == (int32_t)event->event_id);
  heard.events++;
  heard.last = event->event_id;
  heard.topic_length = event->topic_len;
  heard.data_length = event->data_len;
  heard.data_given = event->data != NULL;
  if (event->topic) memcpy(heard.topic, event->topic, (size_t)event->topic_len);
  if (event->data) memcpy(heard.data, event->data, (size_t)event->data_len);
  if (event->event_id == MQTT_EVENT_DATA) heard.messages++;
  else CHECK(!event->topic && !event->data && event->data_len == 0 && event->topic_len == 0);
}

static esp_mqtt_client_config_t nodemcu_config(void)
{
  static const char pem[] = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
  esp_mqtt_client_config_t c = { 0 };
  c.broker.address.hostname = "broker";
  c.broker.address.port = 8883;
  c.broker.address.transport = MQTT_TRANSPORT_OVER_SSL;
  c.broker.verification.certificate = pem;
  c.broker.verification.certificate_len = sizeof pem - 1;
  c.credentials.client_id = "cut-at-32-characters-by-NodeMCU-";
  c.credentials.authentication.certificate = "\x30\x82 DER";
  c.credentials.authentication.certificate_len = 6;
  c.credentials.authentication.key = "-----BEGIN EC PRIVATE KEY-----\n";
  c.credentials.authentication.key_len = 31;
  c.network.disable_auto_reconnect = true;
  return c;
}

static esp_mqtt_client_handle_t connect_as(esp_mqtt_client_config_t config)
{
  memset(&heard, 0, sizeof heard);
  esp_mqtt_client_handle_t client = esp_mqtt_client_init(&config);
  if (client) esp_mqtt_client_register_event(client, MQTT_EVENT_ANY, nodemcu_handler, &heard);
  return client;
}

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
  use_mqtt((const char *[][2]) { { "clientid", name }, { "username", "u" }, { "password", "p" }, { "lwt_topic", name }, { "lwt_msg", "gone" }, { "alpn", "mqtt" }, { NULL, NULL } });
  esp_mqtt_client_handle_t client = connect_as(nodemcu_config());
  use_mqtt((const char *[][2]) { { NULL, NULL } }); /* the first settings are freed: nothing of them is in use */
  const esp_mqtt_client_config_t *c = &board_mqtt.config;
  CHECK_NUMBER(strlen(c->credentials.client_id), 128);
  CHECK(strcmp(c->credentials.username, "u") == 0);
  CHECK(strcmp(c->credentials.authentication.password, "p") == 0);
  CHECK_NUMBER(strlen(c->session.last_will.topic), 128);
  CHECK_NUMBER(c->session.last_will.msg_len, 4);
  CHECK(strcmp(c->broker.verification.alpn_protos[0], "mqtt") == 0);
  esp_mqtt_client_destroy(client);

  use_mqtt((const char *[][2]) { { "alpn", "" }, { NULL, NULL } });
  esp_mqtt_client_config_t on_443 = nodemcu_config();
  on_443.broker.address.port = 443;
  client = connect_as(on_443);
  CHECK(c->broker.verification.alpn_protos == NULL);
  esp_mqtt_client_destroy(client);
  use_mqtt((const char *[][2]) { { NULL, NULL } });
}

static void mqtt_messages(void)
{
  static char data[16385];
  for (size_t i = 0; i < sizeof data; i++) data[i] = (char)(i % 251);
  esp_mqtt_client_handle_t client = connect_as(nodemcu_config());
  static const size_t sizes[] = { 0, 1, 100, 4096, 12000, 16384 };
  static const size_t buffers[] = { 64, 69, 70, 1024, 4096 }; /* the topic fills the buffer of 69 bytes alone */
  char topic[65] = { 0 };
  memset(topic, 't', 64);
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (size_t b = 1; b < sizeof buffers / sizeof *buffers; b++) {
      unsigned before = heard.messages;
      board_mqtt_message(client, topic, data, sizes[s], buffers[b], 1000);
      CHECK_NUMBER(heard.messages, before + 1);
      CHECK_NUMBER(heard.topic_length, 64);
      CHECK_NUMBER(heard.data_length, sizes[s]);
      CHECK(memcmp(heard.topic, topic, 64) == 0 && memcmp(heard.data, data, sizes[s]) == 0);
    }
  /* What is dropped at its first piece is told, with its topic and without a payload. */
  unsigned before = heard.messages, dropped = jobsfw_notes.dropped;
  board_mqtt_message(client, topic, data, 16385, 4096, 1000);
  CHECK_NUMBER(heard.messages, before + 1);
  CHECK_NUMBER(heard.topic_length, 64);
  CHECK_NUMBER(heard.data_length, 0);
  CHECK_NUMBER(jobsfw_notes.dropped, dropped + 1);
  board_mqtt_message(client, topic, data, 12000, 4096, 2); /* esp-mqtt gave up */
  board_mqtt_message(client, topic, data, 5000, 4096, 1000);
  CHECK_NUMBER(heard.messages, before + 2);
  CHECK_NUMBER(heard.data_length, 5000);
  CHECK_NUMBER(jobsfw_notes.dropped, dropped + 2);
  board_heap_free = 30000;
  board_mqtt_message(client, topic, data, 12000, 4096, 1000);
  CHECK_NUMBER(heard.data_length, 0);
  board_mqtt_message(client, topic, data, 10000, 16384, 1000);
  CHECK_NUMBER(heard.data_length, 0);
  CHECK_NUMBER(heard.messages, before + 4);
  CHECK_NUMBER(jobsfw_notes.dropped, dropped + 4);
  board_heap_free = 12000; /* not even the topic: then only the count tells */
  board_mqtt_message(client, topic, data, 5000, 4096, 1000);
  CHECK_NUMBER(heard.messages, before + 4);
  CHECK_NUMBER(jobsfw_notes.dropped, dropped + 5);
  board_heap_free = 100000;
  allocator_grants = 2; /* the simulated network takes two itself */
  board_mqtt_message(client, topic, data, 12000, 4096, 1000);
  CHECK_NUMBER(heard.data_length, 0);
  CHECK_NUMBER(heard.messages, before + 5);
  CHECK_NUMBER(jobsfw_notes.dropped, dropped + 6);
  board_mqtt_message(client, topic, data, 12000, 4096, 2);
  esp_mqtt_client_destroy(client); /* with a message half way: the leak check sees to it */
}

static void take_assembly(unsigned piece)
{
  if (piece != 1) return;
  board_heap_free -= 16384;
  board_heap_block -= 16384;
}

static void take_all(unsigned piece)
{
  if (piece == 1) board_heap_free = 25000; /* enough for a topic, not for 16,384 bytes and what TLS needs */
}

static void mqtt_memory(void)
{
  static char data[16384];
  memset(data, 'd', sizeof data);
  esp_mqtt_client_handle_t client = connect_as(nodemcu_config());

  /* A document of 16 KB, the test's maximum, with what its own assembly takes: NodeMCU's copy still fits. */
  board_heap_free = 12288 + 2 * (16384 + 11 + 1);
  board_heap_block = 69632;
  board_mqtt_between = take_assembly;
  board_mqtt_message(client, "things/lamp", data, 16384, 4096, 1000);
  CHECK_NUMBER(heard.messages, 1);
  CHECK_NUMBER(heard.data_length, 16384);

  /* Memory that goes while the rest is on its way: the message is told by its topic, which came with the first piece. */
  unsigned dropped = jobsfw_notes.dropped;
  board_heap_free = 100000;
  board_heap_block = 60000;
  board_mqtt_between = take_all;
  memset(heard.topic, 0, sizeof heard.topic);
  board_mqtt_message(client, "things/lamp", data, 16384, 4096, 1000);
  CHECK_NUMBER(heard.messages, 1 + 1);
  CHECK_NUMBER(heard.topic_length, strlen("things/lamp"));
  CHECK(strcmp(heard.topic, "things/lamp") == 0);
  CHECK_NUMBER(heard.data_length, 0);
  CHECK(!heard.data_given);
  CHECK_NUMBER(jobsfw_notes.dropped, dropped + 1);

  board_mqtt_between = NULL;
  board_heap_free = 100000;
  board_mqtt_message(client, "things/lamp", "next", 4, 4096, 1);
  CHECK_NUMBER(heard.messages, 3);
  CHECK_NUMBER(heard.data_length, 4);
  CHECK(heard.data_given);
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

/* ---- as NodeMCU's http.c ---- */

static void http_settings(void)
{
  esp_http_client_config_t c = { .url = "https://a/b", .method = HTTP_METHOD_GET };
  esp_http_client_handle_t plain = esp_http_client_init(&c);
  CHECK_NUMBER(board_http.config.buffer_size_tx, 4096);
  CHECK(board_http.config.crt_bundle_attach == esp_crt_bundle_attach);
  CHECK(board_http.config.client_cert_pem == NULL);

  use_http((const char *[][2]) { { "cert", "-----BEGIN CERTIFICATE-----" }, { "key", "-----BEGIN EC PRIVATE KEY-----" }, { NULL, NULL } });
  c.cert_pem = "-----BEGIN CERTIFICATE----- of a root";
  esp_http_client_handle_t mutual = esp_http_client_init(&c);
  CHECK(board_http.config.crt_bundle_attach == NULL);
  const char *certificate = board_http.config.client_cert_pem, *key = board_http.config.client_key_pem;
  use_http((const char *[][2]) { { NULL, NULL } });
  CHECK(strcmp(certificate, "-----BEGIN CERTIFICATE-----") == 0); /* in use, hence still there */
  CHECK(strcmp(key, "-----BEGIN EC PRIVATE KEY-----") == 0);

  esp_http_client_handle_t without = esp_http_client_init(&c);
  CHECK(board_http.config.client_cert_pem == NULL);
  CHECK_NUMBER(esp_http_client_cleanup(mutual), ESP_OK);
  CHECK_NUMBER(esp_http_client_cleanup(plain), ESP_OK);
  CHECK_NUMBER(esp_http_client_cleanup(without), ESP_OK);
}

static void http_body(void)
{
  esp_http_client_config_t c = { .url = "https://a/b", .method = HTTP_METHOD_GET };
  esp_http_client_handle_t client = esp_http_client_init(&c);
  static const struct { int status; int64_t length; bool complete; esp_err_t result, expected; } cases[] = {
    { 200, 100, true, ESP_OK, ESP_OK },
    { 200, 100, false, ESP_OK, ESP_ERR_HTTP_CONNECTION_CLOSED },
    { 206, 100, false, ESP_OK, ESP_ERR_HTTP_CONNECTION_CLOSED },
    { 200, 0, false, ESP_OK, ESP_OK },
    { 200, -1, false, ESP_OK, ESP_OK },      /* chunked, or up to the end of the connection */
    { 304, 100, false, ESP_OK, ESP_OK },
    { 204, 100, false, ESP_OK, ESP_OK },
    { 200, 100, false, 0x7002, 0x7002 },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    board_http.status = cases[i].status;
    board_http.content_length = cases[i].length;
    board_http.is_complete = cases[i].complete;
    board_http.result = cases[i].result;
    CHECK_NUMBER(esp_http_client_perform(client), cases[i].expected);
  }
  board_http.status = 200;
  board_http.content_length = 100;
  board_http.is_complete = false;
  board_http.result = ESP_OK;
  esp_http_client_set_method(client, HTTP_METHOD_HEAD);
  CHECK_NUMBER(esp_http_client_perform(client), ESP_OK);
  esp_http_client_set_method(client, HTTP_METHOD_GET);
  CHECK_NUMBER(esp_http_client_perform(client), ESP_ERR_HTTP_CONNECTION_CLOSED);
  esp_http_client_cleanup(client);
  c.method = HTTP_METHOD_HEAD;
  client = esp_http_client_init(&c);
  CHECK_NUMBER(esp_http_client_perform(client), ESP_OK);
  esp_http_client_cleanup(client);
}

static void http_failures(void)
{
  esp_http_client_config_t c = { .url = "https://a/b" };
  board_http.refuse_init = true;
  CHECK(esp_http_client_init(&c) == NULL);
  board_http.refuse_init = false;
  for (long grants = 0; grants < 2; grants++) {
    allocator_grants = grants;
    CHECK(esp_http_client_init(&c) == NULL);
    CHECK_NUMBER(allocator_grants, -1);
  }
  CHECK_NUMBER(board_http.clients, 0);
}

int main(void)
{
  TEST("MQTT: PEM and DER get the lengths they need, roots and ALPN where none were given, a short wait after a loss", mqtt_defaults);
  TEST("MQTT: settings replace what NodeMCU cut, and are not needed once the client is made", mqtt_settings);
  TEST("MQTT: messages of any size, by any buffer, arrive whole, or are counted as dropped and told without their payload", mqtt_messages);
  TEST("MQTT: a message is told by its topic, too, when memory goes while it comes in", mqtt_memory);
  TEST("MQTT: events carry no stale data; errors, refusals and acknowledgements are told", mqtt_events);
  TEST("MQTT: refused memory is a client that was not made; clients do not disturb each other", mqtt_failures);
  TEST("HTTP: a long line fits, roots stand in, and a client certificate lives as long as its connection", http_settings);
  TEST("HTTP: a body that ends early is an error, an answer without a body is not", http_body);
  TEST("HTTP: refused memory is a connection that was not made", http_failures);
  CHECK_NUMBER(board_locks_held, 0);
  jobsfw_settings_release(jobsfw_mqtt_settings);
  jobsfw_settings_release(jobsfw_http_settings);
  return 0;
}
