/* What the Lua module and the wraps share. */
#pragma once
#include "options.h"

/* ld --wrap makes each call of NodeMCU's to `function` one to __wrap_, and __real_ the function itself. Both have the type that
 * ESP-IDF's header gives it. */
#define JOBSFW_WRAP(function) extern __typeof__(function) __real_##function, __wrap_##function

/* In use for the next client or connection; never NULL. The Lua task's alone. */
extern jobsfw_settings *jobsfw_mqtt_settings, *jobsfw_http_settings;

/* Written in esp-mqtt's event handler, but for what the Lua task does where that is said. A reader in the Lua task sees a whole value,
 * as each is one word; one that belongs to another event than its neighbour does no harm. */
typedef struct {
  volatile int last_id;               /* of the last publish: 0 for QoS 0, below 0 when it was refused; by publish */
  volatile int acked_id;              /* the last one that the broker acknowledged */
  volatile unsigned acks, dropped;    /* since boot */
  volatile int sub_refused;           /* the last SUBACK had 0x80; reset by subscribe */
  volatile int err_type, esp_err, tls_err, cert_flags, sock_errno, connack; /* of the last MQTT_EVENT_ERROR; reset by connect */
} jobsfw_mqtt_notes;

extern jobsfw_mqtt_notes jobsfw_notes;
