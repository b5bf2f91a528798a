/* Puts an MQTT message together from the pieces that esp-mqtt delivers. No ESP-IDF in here. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* One MQTT_EVENT_DATA. In espressif/esp-mqtt mqtt_client.c, deliver_publish, only the first piece of a message has a topic
 * pointer, and the first piece may be empty (the topic filled the buffer), so that the second is at offset 0, too. */
typedef struct {
  const char *topic;
  int topic_length;
  const char *data;
  int data_length;
  int offset;
  int total;
} jobsfw_fragment;

/* A message being put together; all zero: none. */
typedef struct {
  char *topic;
  size_t topic_length;
  char *data;             /* NULL: nothing is being put together */
  size_t total, have;
  unsigned dropped;       /* messages lost since the start: too large, no memory, or never finished */
} jobsfw_assembly;

typedef enum {
  JOBSFW_NOTHING,         /* nothing to deliver: a piece was kept, or belongs to a message that was dropped before */
  JOBSFW_PASS,            /* the fragment is a whole message: deliver it as it is */
  JOBSFW_WHOLE,           /* the assembly is a whole message: deliver it, then clear it */
  JOBSFW_DROPPED,         /* lost with this piece: tell its topic, which is the assembly's or else the fragment's, then clear it */
} jobsfw_step;

/* Whether so many copies of so many bytes, topic and payload, can be taken from the memory that is free now. */
typedef bool (*jobsfw_room)(size_t bytes, unsigned copies);

jobsfw_step jobsfw_assemble(jobsfw_assembly *assembly, const jobsfw_fragment *fragment, size_t maximum, jobsfw_room room);

/* Forgets the message being put together, if any, and frees it. Counts nothing. */
void jobsfw_assembly_clear(jobsfw_assembly *assembly);

/* NodeMCU's mqtt module copies each message without a look at malloc's result (nodemcu-firmware components/modules/mqtt.c,
 * event_clone), then makes Lua strings of it outside any protected call: without memory the chip resets. So a message is delivered
 * only when the copies fit and something remains for TLS and Wi-Fi. Figures from a board with 12,000-byte messages beside MQTT over TLS. */
#define JOBSFW_SPARE_BLOCK 4096
#define JOBSFW_SPARE_TOTAL 12288
bool jobsfw_fits(size_t bytes, unsigned copies, size_t heap_free, size_t heap_largest_block);
