/* Messages of any size through the wrapped client: what esp-mqtt hands out in pieces, NodeMCU's handler hears whole, or by its topic. */
#include "allocator.h"
#include "nodemcu-mqtt.h"
#include "wraps.h"

static void any_size(void)
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

static void short_memory(void)
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

int main(void)
{
  TEST("MQTT: messages of any size, by any buffer, arrive whole, or are counted as dropped and told without their payload", any_size);
  TEST("MQTT: a message is told by its topic, too, when memory goes while it comes in", short_memory);
  return 0;
}
