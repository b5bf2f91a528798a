/* Any sequence of fragments, 5 bytes each: what comes out is what a plain model says. */
#include <string.h>
#include "assembly.h"
#include "fuzz.h"

#define MAXIMUM 64

static size_t room;
static bool has_room(size_t bytes, unsigned copies) { return bytes * copies <= room; }

/* The model: the payload that follows the last first piece without a gap, while all has gone well. */
static struct { bool is_open; size_t have, total, topic_length; char topic[16], data[256]; } model;

static jobsfw_step expect(const jobsfw_fragment *f)
{
  bool is_sound = f->total >= 0 && f->offset >= 0 && f->data_length >= 0 && (long)f->offset + f->data_length <= f->total;
  if (f->topic) {
    model.is_open = false;
    if (!is_sound || f->offset != 0 || 2 * (size_t)(f->topic_length + f->total) > room) return JOBSFW_DROPPED;
    if (f->data_length == f->total) return JOBSFW_PASS;
    if (f->total > MAXIMUM) return JOBSFW_DROPPED;
    model.is_open = true;
    model.have = 0;
    model.total = (size_t)f->total;
    model.topic_length = (size_t)f->topic_length;
    memcpy(model.topic, f->topic, model.topic_length);
  }
  if (!model.is_open) return JOBSFW_NOTHING;
  if (!is_sound || (size_t)f->offset != model.have || (size_t)f->total != model.total) {
    model.is_open = false;
    return JOBSFW_DROPPED;
  }
  memcpy(model.data + model.have, f->data, (size_t)f->data_length);
  model.have += (size_t)f->data_length;
  if (model.have < model.total) return JOBSFW_NOTHING;
  model.is_open = false;
  return model.topic_length + model.total <= room ? JOBSFW_WHOLE : JOBSFW_DROPPED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char topics[] = "topic-of-16-char";
  jobsfw_assembly assembly = { 0 };
  char bytes[256];
  memset(&model, 0, sizeof model);
  for (; size >= 5; data += 5, size -= 5) {
    room = data[0] & 0x80 ? 60 : 1000;
    memset(bytes, data[4], sizeof bytes);
    const jobsfw_fragment f = {
      .topic = data[0] & 1 ? topics : NULL, .topic_length = data[0] & 1 ? data[0] >> 1 & 15 : 0, .data = bytes,
      .data_length = (int8_t)data[1], .offset = (int8_t)data[2], .total = (int8_t)data[3],
    };
    jobsfw_step step = jobsfw_assemble(&assembly, &f, MAXIMUM, has_room);
    MUST(step == expect(&f));
    MUST(assembly.have <= assembly.total && assembly.total <= MAXIMUM);
    if (step == JOBSFW_WHOLE) {
      MUST(assembly.total == model.total && assembly.topic_length == model.topic_length);
      MUST(memcmp(assembly.topic, model.topic, model.topic_length) == 0 && memcmp(assembly.data, model.data, model.total) == 0);
    }
    /* A message of which a piece was kept leaves its topic; one that was dropped at its first piece leaves that to the fragment. */
    if (step == JOBSFW_DROPPED && assembly.topic) {
      MUST(!f.topic && assembly.topic_length == model.topic_length && memcmp(assembly.topic, model.topic, model.topic_length) == 0);
    }
    if (step == JOBSFW_DROPPED) MUST(f.topic || assembly.topic);
    MUST((assembly.data != NULL) == (model.is_open || step == JOBSFW_WHOLE));
    if (step != JOBSFW_NOTHING) jobsfw_assembly_clear(&assembly);
  }
  jobsfw_assembly_clear(&assembly);
  return 0;
}
