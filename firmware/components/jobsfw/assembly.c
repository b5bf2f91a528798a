#include "assembly.h"
#include <stdlib.h>
#include <string.h>

void jobsfw_assembly_clear(jobsfw_assembly *assembly)
{
  free(assembly->topic);
  assembly->topic = assembly->data = NULL;
  assembly->topic_length = assembly->total = assembly->have = 0;
}

static jobsfw_step drop(jobsfw_assembly *assembly)
{
  jobsfw_assembly_clear(assembly);
  assembly->dropped++;
  return JOBSFW_NOTHING;
}

static bool is_sound(const jobsfw_fragment *f)
{
  return f->topic_length >= 0 && f->data_length >= 0 && f->offset >= 0 && f->total >= 0 &&
         f->data_length <= f->total && f->offset <= f->total - f->data_length &&
         (f->data || f->data_length == 0) && (f->topic || f->topic_length == 0);
}

static jobsfw_step append(jobsfw_assembly *assembly, const jobsfw_fragment *f, jobsfw_room room)
{
  if ((size_t)f->offset != assembly->have || (size_t)f->total != assembly->total) return drop(assembly);
  if (f->data_length > 0) memcpy(assembly->data + assembly->have, f->data, (size_t)f->data_length);
  assembly->have += (size_t)f->data_length;
  if (assembly->have < assembly->total) return JOBSFW_NOTHING;
  return room(assembly->topic_length + assembly->total) ? JOBSFW_WHOLE : drop(assembly);
}

jobsfw_step jobsfw_assemble(jobsfw_assembly *assembly, const jobsfw_fragment *f, size_t maximum, jobsfw_room room)
{
  if (!f->topic) {
    if (!assembly->topic) return JOBSFW_NOTHING; /* the rest of a dropped message */
    return is_sound(f) ? append(assembly, f, room) : drop(assembly);
  }

  /* A new message ends the old one: esp-mqtt gives up after a read timeout without a word. */
  if (assembly->topic) drop(assembly);
  if (!is_sound(f) || f->offset != 0) return drop(assembly);

  size_t topic_length = (size_t)f->topic_length, total = (size_t)f->total;
  if (f->data_length == f->total) return room(topic_length + total) ? JOBSFW_PASS : drop(assembly);

  if (total > maximum || !room(topic_length + total)) return drop(assembly);
  assembly->topic = malloc(topic_length + total); /* not 0: total is more than data_length */
  if (!assembly->topic) return drop(assembly);
  if (topic_length > 0) memcpy(assembly->topic, f->topic, topic_length);
  assembly->topic_length = topic_length;
  assembly->data = assembly->topic + topic_length;
  assembly->total = total;
  assembly->have = 0;
  return append(assembly, f, room);
}

bool jobsfw_fits(size_t bytes, size_t heap_free, size_t heap_largest_block)
{
  return heap_largest_block > JOBSFW_SPARE_BLOCK && heap_largest_block - JOBSFW_SPARE_BLOCK > bytes &&
         heap_free > JOBSFW_SPARE_TOTAL && (heap_free - JOBSFW_SPARE_TOTAL) / 2 > bytes;
}
