#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "esp_err.h"
#define ESP_ERR_HTTP_CONNECTION_CLOSED 0x7008
typedef struct esp_http_client *esp_http_client_handle_t;
typedef enum { HTTP_METHOD_GET, HTTP_METHOD_POST, HTTP_METHOD_PUT, HTTP_METHOD_PATCH, HTTP_METHOD_DELETE, HTTP_METHOD_HEAD } esp_http_client_method_t;
typedef struct {
  const char *url, *cert_pem, *client_cert_pem, *client_key_pem;
  esp_http_client_method_t method;
  int buffer_size, buffer_size_tx;
  esp_err_t (*crt_bundle_attach)(void *configuration);
} esp_http_client_config_t;
esp_http_client_handle_t esp_http_client_init(const esp_http_client_config_t *config);
esp_err_t esp_http_client_set_method(esp_http_client_handle_t client, esp_http_client_method_t method);
esp_err_t esp_http_client_perform(esp_http_client_handle_t client);
esp_err_t esp_http_client_cleanup(esp_http_client_handle_t client);
int esp_http_client_get_status_code(esp_http_client_handle_t client);
int64_t esp_http_client_get_content_length(esp_http_client_handle_t client);
bool esp_http_client_is_complete_data_received(esp_http_client_handle_t client);
