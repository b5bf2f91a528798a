#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "esp_err.h"
typedef const char *esp_event_base_t;
typedef void (*esp_event_handler_t)(void *argument, esp_event_base_t base, int32_t id, void *data);
typedef struct esp_mqtt_client *esp_mqtt_client_handle_t;
typedef enum {
  MQTT_EVENT_ANY = -1, MQTT_EVENT_ERROR, MQTT_EVENT_CONNECTED, MQTT_EVENT_DISCONNECTED, MQTT_EVENT_SUBSCRIBED,
  MQTT_EVENT_UNSUBSCRIBED, MQTT_EVENT_PUBLISHED, MQTT_EVENT_DATA, MQTT_EVENT_BEFORE_CONNECT, MQTT_EVENT_DELETED, MQTT_USER_EVENT,
} esp_mqtt_event_id_t;
typedef enum {
  MQTT_ERROR_TYPE_NONE, MQTT_ERROR_TYPE_TCP_TRANSPORT, MQTT_ERROR_TYPE_CONNECTION_REFUSED, MQTT_ERROR_TYPE_SUBSCRIBE_FAILED,
} esp_mqtt_error_type_t;
typedef enum { MQTT_TRANSPORT_UNKNOWN, MQTT_TRANSPORT_OVER_TCP, MQTT_TRANSPORT_OVER_SSL } esp_mqtt_transport_t;
typedef struct {
  esp_err_t esp_tls_last_esp_err;
  int esp_tls_stack_err, esp_tls_cert_verify_flags;
  esp_mqtt_error_type_t error_type;
  int connect_return_code, esp_transport_sock_errno;
} esp_mqtt_error_codes_t;
typedef struct {
  esp_mqtt_event_id_t event_id;
  esp_mqtt_client_handle_t client;
  char *data;
  int data_len, total_data_len, current_data_offset;
  char *topic;
  int topic_len, msg_id, session_present;
  esp_mqtt_error_codes_t *error_handle;
  bool retain;
  int qos;
  bool dup;
} esp_mqtt_event_t;
typedef struct {
  struct broker_t {
    struct address_t { const char *uri, *hostname; esp_mqtt_transport_t transport; const char *path; uint32_t port; } address;
    struct verification_t {
      bool use_global_ca_store;
      esp_err_t (*crt_bundle_attach)(void *configuration);
      const char *certificate;
      size_t certificate_len;
      const char **alpn_protos;
    } verification;
  } broker;
  struct credentials_t {
    const char *username, *client_id;
    struct authentication_t {
      const char *password, *certificate;
      size_t certificate_len;
      const char *key;
      size_t key_len;
    } authentication;
  } credentials;
  struct session_t {
    struct last_will_t { const char *topic, *msg; int msg_len, qos, retain; } last_will;
    bool disable_clean_session;
    int keepalive;
  } session;
  struct network_t { int reconnect_timeout_ms, timeout_ms; bool disable_auto_reconnect; } network;
  struct buffer_t { int size, out_size; } buffer;
} esp_mqtt_client_config_t;
esp_mqtt_client_handle_t esp_mqtt_client_init(const esp_mqtt_client_config_t *config);
esp_err_t esp_mqtt_client_register_event(esp_mqtt_client_handle_t client, esp_mqtt_event_id_t event, esp_event_handler_t handler,
                                         void *argument);
esp_err_t esp_mqtt_client_stop(esp_mqtt_client_handle_t client);
esp_err_t esp_mqtt_client_destroy(esp_mqtt_client_handle_t client);
int esp_mqtt_client_publish(esp_mqtt_client_handle_t client, const char *topic, const char *data, int length, int qos, int retain);
int esp_mqtt_client_subscribe_single(esp_mqtt_client_handle_t client, const char *topic, int qos);
int esp_mqtt_client_unsubscribe(esp_mqtt_client_handle_t client, const char *topic);
