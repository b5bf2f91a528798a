/* What the Lua module and the wraps share. All of it belongs to the Lua task, but for the two structs that name the MQTT task. */
#pragma once
#include <stdbool.h>
#include "options.h"

/* In use for the next client or connection; never NULL. */
extern jobsfw_settings *jobsfw_mqtt_settings, *jobsfw_http_settings;

/* Written by the Lua task. */
typedef struct {
  int last_id; /* of the last publish: 0 for QoS 0, below 0 when it was refused */
} jobsfw_mqtt_sent;

/* Written by the MQTT task, but reset by the Lua task where that is said; each is one word, so a reader sees a whole value. */
typedef struct {
  volatile int acked_id;              /* the last one that the broker acknowledged */
  volatile unsigned acks, dropped;    /* since boot */
  volatile int sub_refused;           /* the last SUBACK had 0x80; reset by subscribe */
  volatile int err_type, esp_err, tls_err, cert_flags, sock_errno, connack; /* of the last MQTT_EVENT_ERROR; reset by connect */
} jobsfw_mqtt_heard;

extern jobsfw_mqtt_sent jobsfw_sent;
extern jobsfw_mqtt_heard jobsfw_heard;
