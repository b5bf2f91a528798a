/* Calls ESP-IDF as NodeMCU's http.c does, linked with the --wrap options of the component's CMakeLists.txt. */
#include "allocator.h"
#include "board.h"
#include "check.h"
#include "esp_crt_bundle.h"
#include "settings.h"
#include "wraps.h"

static void http_settings(void)
{
  esp_http_client_config_t c = { .url = "https://a/b", .method = HTTP_METHOD_GET };
  esp_http_client_handle_t plain = esp_http_client_init(&c);
  CHECK_NUMBER(board_http.config.buffer_size_tx, 4096);
  CHECK(board_http.config.crt_bundle_attach == esp_crt_bundle_attach);
  CHECK(board_http.config.client_cert_pem == NULL);

  USE_HTTP({ "cert", "-----BEGIN CERTIFICATE-----", 0 }, { "key", "-----BEGIN EC PRIVATE KEY-----", 0 });
  c.cert_pem = "-----BEGIN CERTIFICATE----- of a root";
  esp_http_client_handle_t mutual = esp_http_client_init(&c);
  CHECK(board_http.config.crt_bundle_attach == NULL);
  const char *certificate = board_http.config.client_cert_pem, *key = board_http.config.client_key_pem;
  USE_HTTP();
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
  TEST("HTTP: a long line fits, roots stand in, and a client certificate lives as long as its connection", http_settings);
  TEST("HTTP: a body that ends early is an error, an answer without a body is not", http_body);
  TEST("HTTP: refused memory is a connection that was not made", http_failures);
  CHECK_NUMBER(board_locks_held, 0);
  jobsfw_settings_release(jobsfw_http_settings);
  return 0;
}
