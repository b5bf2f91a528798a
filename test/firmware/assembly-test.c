#include "allocator.h"
#include "assembly.h"
#include "check.h"

#define MAXIMUM 1000

static size_t room = 1 << 20;
static bool has_room(size_t bytes, unsigned copies) { return bytes * copies <= room; }

static jobsfw_step first(jobsfw_assembly *a, const char *topic, const char *data, int length, int total)
{
  const jobsfw_fragment f = { topic, (int)strlen(topic), length ? data : NULL, length, 0, total };
  return jobsfw_assemble(a, &f, MAXIMUM, has_room);
}

static jobsfw_step next(jobsfw_assembly *a, const char *data, int length, int offset, int total)
{
  const jobsfw_fragment f = { NULL, 0, data, length, offset, total };
  return jobsfw_assemble(a, &f, MAXIMUM, has_room);
}

static void check_whole(jobsfw_assembly *a, const char *topic, const char *data)
{
  CHECK_NUMBER(a->topic_length, strlen(topic));
  CHECK(memcmp(a->topic, topic, a->topic_length) == 0);
  CHECK_NUMBER(a->total, strlen(data));
  CHECK(memcmp(a->data, data, a->total) == 0);
  jobsfw_assembly_clear(a);
}

/* What is left of a dropped message: its topic, when a piece of it was kept before. */
static void check_dropped(const jobsfw_assembly *a, const char *topic, unsigned dropped)
{
  CHECK(a->data == NULL);
  CHECK(topic ? a->topic && a->topic_length == strlen(topic) && memcmp(a->topic, topic, a->topic_length) == 0 : !a->topic);
  CHECK_NUMBER(a->dropped, dropped);
}

static void whole(void)
{
  jobsfw_assembly a = { 0 };
  CHECK_NUMBER(first(&a, "t", "hello", 5, 5), JOBSFW_PASS);
  CHECK_NUMBER(first(&a, "t", NULL, 0, 0), JOBSFW_PASS);
  CHECK_NUMBER(first(&a, "", "x", 1, 1), JOBSFW_PASS);
  CHECK(a.topic == NULL);
}

static void pieces(void)
{
  jobsfw_assembly a = { 0 };
  CHECK_NUMBER(first(&a, "things/lamp", "abc", 3, 9), JOBSFW_NOTHING);
  CHECK_NUMBER(next(&a, "def", 3, 3, 9), JOBSFW_NOTHING);
  CHECK_NUMBER(next(&a, "ghi", 3, 6, 9), JOBSFW_WHOLE);
  check_whole(&a, "things/lamp", "abcdefghi");
  CHECK_NUMBER(a.dropped, 0);
}

/* The topic fills the buffer: no byte of the payload comes with it, and the second piece is at offset 0 again. */
static void topic_alone(void)
{
  jobsfw_assembly a = { 0 };
  CHECK_NUMBER(first(&a, "long/topic", NULL, 0, 4), JOBSFW_NOTHING);
  CHECK_NUMBER(next(&a, "ab", 2, 0, 4), JOBSFW_NOTHING);
  CHECK_NUMBER(next(&a, "cd", 2, 2, 4), JOBSFW_WHOLE);
  check_whole(&a, "long/topic", "abcd");
}

static void empty_topic(void)
{
  jobsfw_assembly a = { 0 };
  CHECK_NUMBER(first(&a, "", "ab", 2, 4), JOBSFW_NOTHING);
  CHECK_NUMBER(next(&a, "cd", 2, 2, 4), JOBSFW_WHOLE);
  check_whole(&a, "", "abcd");
}

static void interleaved(void)
{
  jobsfw_assembly a = { 0 };
  CHECK_NUMBER(first(&a, "one", "ab", 2, 4), JOBSFW_NOTHING);
  CHECK_NUMBER(first(&a, "two", "AB", 2, 4), JOBSFW_NOTHING);
  CHECK_NUMBER(a.dropped, 1);
  CHECK_NUMBER(next(&a, "CD", 2, 2, 4), JOBSFW_WHOLE);
  check_whole(&a, "two", "ABCD");
  CHECK_NUMBER(next(&a, "cd", 2, 2, 4), JOBSFW_NOTHING);

  CHECK_NUMBER(first(&a, "one", "ab", 2, 4), JOBSFW_NOTHING);
  CHECK_NUMBER(first(&a, "two", "whole", 5, 5), JOBSFW_PASS);
  CHECK_NUMBER(a.dropped, 2);
  CHECK_NUMBER(next(&a, "cd", 2, 2, 4), JOBSFW_NOTHING);
}

static void out_of_step(void)
{
  static const struct { int length, offset, total; } wrong[] = {
    { 2, 1, 6 },   /* overlaps what is there */
    { 2, 0, 6 },   /* comes again */
    { 2, 3, 6 },   /* leaves a hole */
    { 5, 2, 6 },   /* exceeds the total */
    { 2, 2, 8 },   /* another total */
    { -1, 2, 6 }, { 2, -2, 6 }, { 2, 2, -6 },
    { 0x7fffffff, 2, 0x7fffffff }, { 2, 0x7fffffff, 6 }, { 2, 0x7fffffff, 0x7fffffff },
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    jobsfw_assembly a = { 0 };
    CHECK_NUMBER(first(&a, "t", "ab", 2, 6), JOBSFW_NOTHING);
    CHECK_NUMBER(next(&a, "cdefgh", wrong[i].length, wrong[i].offset, wrong[i].total), JOBSFW_DROPPED);
    check_dropped(&a, "t", 1);
    CHECK_NUMBER(next(&a, "ef", 2, 4, 6), JOBSFW_NOTHING);
    CHECK_NUMBER(a.dropped, 1);
    jobsfw_assembly_clear(&a);
    CHECK_NUMBER(next(&a, "ef", 2, 4, 6), JOBSFW_NOTHING);
  }
}

static void unsound_first(void)
{
  static const jobsfw_fragment wrong[] = {
    { "t", 1, "ab", 2, 1, 6 }, { "t", 1, "abcdefg", 7, 0, 6 }, { "t", -1, "ab", 2, 0, 6 }, { "t", 1, "ab", -2, 0, 6 },
    { "t", 1, "ab", 2, 0, -6 }, { "t", 1, NULL, 2, 0, 6 },
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    jobsfw_assembly a = { 0 };
    CHECK_NUMBER(jobsfw_assemble(&a, &wrong[i], MAXIMUM, has_room), JOBSFW_DROPPED);
    check_dropped(&a, NULL, 1);
  }
}

static void over_maximum(void)
{
  char data[MAXIMUM + 1] = { 0 };
  jobsfw_assembly a = { 0 };
  CHECK_NUMBER(first(&a, "t", data, 500, MAXIMUM), JOBSFW_NOTHING);
  CHECK_NUMBER(next(&a, data, 500, 500, MAXIMUM), JOBSFW_WHOLE);
  jobsfw_assembly_clear(&a);
  long asked = allocator_asked;
  CHECK_NUMBER(first(&a, "t", data, 500, MAXIMUM + 1), JOBSFW_DROPPED);
  check_dropped(&a, NULL, 1);
  CHECK_NUMBER(allocator_asked, asked);
  CHECK_NUMBER(next(&a, data, 501, 500, MAXIMUM + 1), JOBSFW_NOTHING);
  CHECK_NUMBER(a.dropped, 1);
  room = (size_t)-1;
  CHECK_NUMBER(first(&a, "t", data, 5, 0x7fffffff), JOBSFW_DROPPED);
  room = 1 << 20;
  check_dropped(&a, NULL, 2);
  CHECK_NUMBER(allocator_asked, asked);
}

static void no_memory(void)
{
  jobsfw_assembly a = { 0 };
  for (unsigned grants = 0; grants < 2; grants++) {
    allocator_grants = grants;
    CHECK_NUMBER(first(&a, "t", "ab", 2, 4), JOBSFW_DROPPED);
    CHECK_NUMBER(allocator_grants, -1);
    check_dropped(&a, NULL, grants + 1);
    CHECK_NUMBER(next(&a, "cd", 2, 2, 4), JOBSFW_NOTHING);
  }
  CHECK_NUMBER(first(&a, "t", "ab", 2, 4), JOBSFW_NOTHING);
  CHECK_NUMBER(next(&a, "cd", 2, 2, 4), JOBSFW_WHOLE);
  check_whole(&a, "t", "abcd");
}

static void no_room(void)
{
  jobsfw_assembly a = { 0 };
  room = 9;
  CHECK_NUMBER(first(&a, "t", "abcd", 4, 4), JOBSFW_DROPPED);
  check_dropped(&a, NULL, 1);
  CHECK_NUMBER(first(&a, "t", "ab", 2, 4), JOBSFW_DROPPED);
  check_dropped(&a, NULL, 2);
  room = 10; /* twice five bytes: its own copy and NodeMCU's */
  CHECK_NUMBER(first(&a, "t", "abcd", 4, 4), JOBSFW_PASS);
  CHECK_NUMBER(first(&a, "topic", "a", 1, 2), JOBSFW_DROPPED);
  CHECK_NUMBER(first(&a, "t", "ab", 2, 4), JOBSFW_NOTHING);
  room = 4; /* taken while the rest was on its way */
  CHECK_NUMBER(next(&a, "cd", 2, 2, 4), JOBSFW_DROPPED);
  check_dropped(&a, "t", 4);
  CHECK_NUMBER(next(&a, "cd", 2, 2, 4), JOBSFW_NOTHING);
  room = 10;
  CHECK_NUMBER(first(&a, "u", "ab", 2, 4), JOBSFW_NOTHING);
  room = 5; /* NodeMCU's copy is enough: Lua's comes when the assembly has gone */
  CHECK_NUMBER(next(&a, "cd", 2, 2, 4), JOBSFW_WHOLE);
  check_whole(&a, "u", "abcd");
  room = 1 << 20;
}

static void fits(void)
{
  CHECK(jobsfw_fits(12000, 2, 60000, 30000));
  CHECK(!jobsfw_fits(12000, 2, 60000, 16096));
  CHECK(jobsfw_fits(12000, 2, 60000, 16097));
  CHECK(!jobsfw_fits(12000, 2, 36289, 30000));
  CHECK(jobsfw_fits(12000, 2, 36290, 30000));
  CHECK(!jobsfw_fits(12000, 1, 24288, 30000));
  CHECK(jobsfw_fits(12000, 1, 24289, 30000));
  CHECK(!jobsfw_fits(0, 1, 0, 0));
  CHECK(!jobsfw_fits((size_t)-1, 2, 100000, 90000));
}

int main(void)
{
  TEST("a message in one piece is passed on, an empty one and one without a topic, too", whole);
  TEST("three pieces make one message", pieces);
  TEST("a topic that fills the buffer alone keeps its name", topic_alone);
  TEST("pieces of a message with an empty topic are joined", empty_topic);
  TEST("a new message ends an unfinished one, which counts as dropped", interleaved);
  TEST("a piece that overlaps, leaves a hole or exceeds the total drops the message once, and leaves its topic", out_of_step);
  TEST("a first piece that contradicts itself is dropped", unsound_first);
  TEST("a message over the maximum is dropped before memory is asked for", over_maximum);
  TEST("a message that malloc refuses is dropped, and the next one arrives", no_memory);
  TEST("a message that would leave too little memory is dropped, at its start and at its end", no_room);
  TEST("room is what the copies need, and something for TLS and Wi-Fi", fits);
  return 0;
}
