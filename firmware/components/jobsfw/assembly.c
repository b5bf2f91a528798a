#include "assembly.h"
#include <stdlib.h>
#include <string.h>

void jobsfw_assembly_clear(jobsfw_assembly *assembly)
{
  free(assembly->topic);
  free(assembly->data);
  assembly->topic = assembly->data = NULL;
}

/* The topic stays, to be told; the payload makes room for that. */
static jobsfw_step drop(jobsfw_assembly *assembly)
{
  free(assembly->data);
  assembly->data = NULL;
  assembly->dropped++;
  return JOBSFW_DROPPED;
}

static bool is_sound(const jobsfw_fragment *f)
{
  return f->topic_length >= 0 && f->data_length >= 0 && f->offset >= 0 && f->total >= 0 &&
         f->data_length <= f->total && f->offset <= f->total - f->data_length &&
         (f->data || f->data_length == 0) && (f->topic || f->topic_length == 0);
}

static jobsfw_step append(jobsfw_assembly *assembly, const jobsfw_fragment *f, jobsfw_room room)
{
  if (!is_sound(f) || (size_t)f->offset != assembly->have || (size_t)f->total != assembly->total) return drop(assembly);
  if (f->data_length > 0) memcpy(assembly->data + assembly->have, f->data, (size_t)f->data_length);
  assembly->have += (size_t)f->data_length;
  if (assembly->have < assembly->total) return JOBSFW_NOTHING;
  /* NodeMCU's copy; Lua's takes the place of the assembly. */
  return room(assembly->topic_length + assembly->total, 1) ? JOBSFW_WHOLE : drop(assembly);
}

jobsfw_step jobsfw_assemble(jobsfw_assembly *assembly, const jobsfw_fragment *f, size_t maximum, jobsfw_room room)
{
  if (!f->topic) return assembly->data ? append(assembly, f, room) : JOBSFW_NOTHING;

  /* A new message ends the old one: esp-mqtt gives up after a read timeout without a word. */
  if (assembly->data) drop(assembly);
  jobsfw_assembly_clear(assembly);
  if (!is_sound(f) || f->offset != 0) return drop(assembly);

  /* Either NodeMCU's copy and Lua's, or the assembly and NodeMCU's. */
  size_t topic_length = (size_t)f->topic_length, total = (size_t)f->total;
  if (!room(topic_length + total, 2)) return drop(assembly);
  if (f->data_length == f->total) return JOBSFW_PASS;

  if (total > maximum) return drop(assembly);
  assembly->topic = malloc(topic_length + 1);
  assembly->data = malloc(total); /* not 0: total is more than data_length */
  if (!assembly->topic || !assembly->data) {
    jobsfw_assembly_clear(assembly);
    return drop(assembly);
  }
  memcpy(assembly->topic, f->topic, topic_length);
  assembly->topic_length = topic_length;
  assembly->total = total;
  assembly->have = 0;
  return append(assembly, f, room);
}

bool jobsfw_fits(size_t bytes, unsigned copies, size_t heap_free, size_t heap_largest_block)
{
  return heap_largest_block > JOBSFW_SPARE_BLOCK && heap_largest_block - JOBSFW_SPARE_BLOCK > bytes &&
         heap_free > JOBSFW_SPARE_TOTAL && (heap_free - JOBSFW_SPARE_TOTAL) / copies > bytes;
}
