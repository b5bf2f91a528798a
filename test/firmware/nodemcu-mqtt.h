/* What NodeMCU's mqtt.c gives to esp-mqtt, and a handler that hears as its own does. */
#pragma once
#include <string.h>
#include "board.h"
#include "check.h"

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
