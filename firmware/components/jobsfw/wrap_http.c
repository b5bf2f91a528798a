/* What NodeMCU's http module leaves out of esp_http_client's configuration (nodemcu-firmware components/modules/http.c;
 * esp-idf components/esp_http_client/esp_http_client.c v5.1.3). Reached through ld --wrap: no file of NodeMCU is changed. */
#include <stdbool.h> /* esp_http_client.h leaves it to others */
#include <stdlib.h>
#include "sdkconfig.h"
#include "esp_http_client.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#if CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
#include "esp_crt_bundle.h"
#endif
#include "wraps.h"

JOBSFW_WRAP(esp_http_client_init);
JOBSFW_WRAP(esp_http_client_set_method);
JOBSFW_WRAP(esp_http_client_perform);
JOBSFW_WRAP(esp_http_client_cleanup);

static jobsfw_settings initial = { .number = { [JOBSFW_TXSIZE] = CONFIG_JOBSFW_HTTP_TX_BUFFER } };
jobsfw_settings *jobsfw_http_settings = &initial;

/* One per connection object. Changed by the Lua task, read by the task of a request: hence the lock, held for a few steps. */
typedef struct connection {
  struct connection *next;
  esp_http_client_handle_t client;
  esp_http_client_method_t method;
  jobsfw_settings *settings; /* esp_http_client keeps pointers to the client certificate and the key, not copies */
} connection;

static connection *connections;
static portMUX_TYPE lock = portMUX_INITIALIZER_UNLOCKED;

static connection **find(esp_http_client_handle_t client)
{
  connection **at = &connections;
  while (*at && (*at)->client != client) at = &(*at)->next;
  return at;
}

esp_http_client_handle_t __wrap_esp_http_client_init(const esp_http_client_config_t *config)
{
  esp_http_client_config_t completed = *config;
  connection *c = calloc(1, sizeof *c);
  if (!c) return NULL;

  const jobsfw_settings *s = jobsfw_http_settings;
  if (completed.buffer_size_tx == 0) completed.buffer_size_tx = s->number[JOBSFW_TXSIZE];
#if CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
  if (!completed.cert_pem) completed.crt_bundle_attach = esp_crt_bundle_attach;
#endif
  if (s->text[JOBSFW_CERT] && !completed.client_cert_pem) {
    completed.client_cert_pem = s->text[JOBSFW_CERT];
    completed.client_key_pem = s->text[JOBSFW_KEY];
  }

  c->client = __real_esp_http_client_init(&completed);
  if (!c->client) {
    free(c);
    return NULL;
  }
  c->method = completed.method;
  c->settings = jobsfw_settings_keep(jobsfw_http_settings);
  taskENTER_CRITICAL(&lock);
  c->next = connections;
  connections = c;
  taskEXIT_CRITICAL(&lock);
  return c->client;
}

esp_err_t __wrap_esp_http_client_set_method(esp_http_client_handle_t client, esp_http_client_method_t method)
{
  esp_err_t err = __real_esp_http_client_set_method(client, method);
  taskENTER_CRITICAL(&lock);
  connection *c = *find(client);
  if (c && err == ESP_OK) c->method = method;
  taskEXIT_CRITICAL(&lock);
  return err;
}

/* Whether the answer has a body of the length it names: not the one to HEAD, not 204, not 304 (RFC 9110, 6.4.1). */
static bool promises_body(esp_http_client_handle_t client)
{
  taskENTER_CRITICAL(&lock);
  connection *c = *find(client);
  bool is_head = c && c->method == HTTP_METHOD_HEAD;
  taskEXIT_CRITICAL(&lock);
  int status = esp_http_client_get_status_code(client);
  return !is_head && status != 204 && status != 304 && esp_http_client_get_content_length(client) > 0;
}

/* A body that ends early is an error, not a 200. For a chunked one ESP-IDF cannot tell. */
esp_err_t __wrap_esp_http_client_perform(esp_http_client_handle_t client)
{
  esp_err_t err = __real_esp_http_client_perform(client);
  if (err == ESP_OK && promises_body(client) && !esp_http_client_is_complete_data_received(client))
    err = ESP_ERR_HTTP_CONNECTION_CLOSED;
  return err;
}

esp_err_t __wrap_esp_http_client_cleanup(esp_http_client_handle_t client)
{
  esp_err_t err = __real_esp_http_client_cleanup(client);
  taskENTER_CRITICAL(&lock);
  connection **at = find(client), *c = *at;
  if (c) *at = c->next;
  taskEXIT_CRITICAL(&lock);
  if (c) {
    jobsfw_settings_release(c->settings);
    free(c);
  }
  return err;
}
