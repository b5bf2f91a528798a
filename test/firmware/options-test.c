#include "allocator.h"
#include "check.h"
#include "options.h"

static jobsfw_draft draft;

static void start_mqtt(void) { jobsfw_draft_start(&draft, &jobsfw_mqtt_group); }
static void start_http(void) { jobsfw_draft_start(&draft, &jobsfw_http_group); }
static jobsfw_option_fault text(const char *name, const char *value) { return jobsfw_draft_text(&draft, name, value, strlen(value)); }

static void lengths(void)
{
  static const struct { const char *name; size_t maximum; } limits[] = {
    { "clientid", JOBSFW_CLIENTID_MAX }, { "username", JOBSFW_USERNAME_MAX }, { "password", JOBSFW_PASSWORD_MAX },
    { "lwt_topic", JOBSFW_TOPIC_MAX }, { "lwt_msg", JOBSFW_LWT_MSG_MAX }, { "alpn", JOBSFW_ALPN_MAX },
  };
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    char *value = malloc(limits[i].maximum + 1); /* exactly: a byte read behind it is found */
    memset(value, 'x', limits[i].maximum + 1);
    start_mqtt();
    CHECK_NUMBER(jobsfw_draft_text(&draft, limits[i].name, value, limits[i].maximum), JOBSFW_OPTION_OK);
    CHECK_NUMBER(jobsfw_draft_text(&draft, limits[i].name, value, limits[i].maximum + 1), JOBSFW_OPTION_TOO_LONG);
    jobsfw_settings *settings = jobsfw_settings_new(&draft);
    free(value);
    CHECK(settings);
    CHECK_NUMBER(strlen(settings->text[i]), limits[i].maximum);
    jobsfw_settings_release(settings);
  }
}

static void ranges(void)
{
  static const struct { const char *name; int32_t minimum, maximum; } limits[] = {
    { "lwt_qos", 0, 2 }, { "lwt_retain", 0, 1 }, { "bufsize", 512, 32768 }, { "outsize", 512, 32768 },
    { "timeout", 100, 120000 }, { "reconnect", 50, 10000 },
  };
  start_mqtt();
  CHECK_NUMBER(draft.number[JOBSFW_RECONNECT], 200);
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    CHECK_NUMBER(jobsfw_draft_number(&draft, limits[i].name, limits[i].minimum - 1), JOBSFW_OPTION_RANGE);
    CHECK_NUMBER(jobsfw_draft_number(&draft, limits[i].name, limits[i].maximum + 1), JOBSFW_OPTION_RANGE);
    CHECK_NUMBER(jobsfw_draft_number(&draft, limits[i].name, INT32_MIN), JOBSFW_OPTION_RANGE);
    CHECK_NUMBER(jobsfw_draft_number(&draft, limits[i].name, limits[i].minimum), JOBSFW_OPTION_OK);
    CHECK_NUMBER(jobsfw_draft_number(&draft, limits[i].name, limits[i].maximum), JOBSFW_OPTION_OK);
    CHECK_NUMBER(draft.number[i], limits[i].maximum);
  }
}

static void faults(void)
{
  start_mqtt();
  CHECK_NUMBER(text("clientID", "lamp"), JOBSFW_OPTION_UNKNOWN);
  CHECK_NUMBER(text("cert", "-----BEGIN "), JOBSFW_OPTION_UNKNOWN);
  CHECK_NUMBER(jobsfw_draft_number(&draft, "txsize", 1024), JOBSFW_OPTION_UNKNOWN);
  CHECK_NUMBER(text("timeout", "1000"), JOBSFW_OPTION_TYPE);
  CHECK_NUMBER(jobsfw_draft_number(&draft, "clientid", 7), JOBSFW_OPTION_TYPE);
  CHECK_NUMBER(text("clientid", ""), JOBSFW_OPTION_EMPTY);
  CHECK_NUMBER(jobsfw_draft_text(&draft, "clientid", "la\0mp", 5), JOBSFW_OPTION_NUL);
  CHECK_NUMBER(text("alpn", ""), JOBSFW_OPTION_OK);
  CHECK_NUMBER(jobsfw_draft_check(&draft), JOBSFW_OPTION_OK);
  for (int i = JOBSFW_OPTION_OK; i <= JOBSFW_OPTION_NOT_A_PAIR; i++) CHECK(strlen(jobsfw_fault_text((jobsfw_option_fault)i)) > 0);
}

static void will(void)
{
  start_mqtt();
  CHECK_NUMBER(jobsfw_draft_number(&draft, "lwt_retain", 0), JOBSFW_OPTION_OK);
  CHECK_NUMBER(jobsfw_draft_check(&draft), JOBSFW_OPTION_WITHOUT_TOPIC);
  CHECK_NUMBER(jobsfw_draft_text(&draft, "lwt_msg", "a\0b", 3), JOBSFW_OPTION_OK);
  CHECK_NUMBER(text("lwt_topic", "things/lamp/gone"), JOBSFW_OPTION_OK);
  CHECK_NUMBER(jobsfw_draft_check(&draft), JOBSFW_OPTION_OK);
  jobsfw_settings *settings = jobsfw_settings_new(&draft);
  CHECK_NUMBER(settings->length[JOBSFW_LWT_MSG], 3);
  CHECK(memcmp(settings->text[JOBSFW_LWT_MSG], "a\0b", 4) == 0);
  jobsfw_settings_release(settings);
}

static void pem(void)
{
  static const char windows[] = "Bag Attributes\r\n-----BEGIN CERTIFICATE-----\r\nAAAA\r\n-----END CERTIFICATE-----\r\n";
  start_http();
  CHECK_NUMBER(draft.number[JOBSFW_TXSIZE], 4096);
  CHECK_NUMBER(text("cert", "lamp.pem"), JOBSFW_OPTION_NOT_PEM);
  CHECK_NUMBER(text("cert", "-----BEGIN"), JOBSFW_OPTION_NOT_PEM);
  CHECK_NUMBER(text("cert", windows), JOBSFW_OPTION_OK);
  CHECK_NUMBER(jobsfw_draft_check(&draft), JOBSFW_OPTION_NOT_A_PAIR);
  CHECK_NUMBER(jobsfw_draft_text(&draft, "key", "-----BEGIN x\0\0", 14), JOBSFW_OPTION_OK);
  CHECK_NUMBER(draft.length[JOBSFW_KEY], 12);
  CHECK_NUMBER(jobsfw_draft_text(&draft, "key", "-----BEGIN x\0y", 14), JOBSFW_OPTION_NUL);
  CHECK_NUMBER(jobsfw_draft_text(&draft, "key", "\0\0", 2), JOBSFW_OPTION_EMPTY);
  CHECK_NUMBER(jobsfw_draft_check(&draft), JOBSFW_OPTION_OK);
}

static void copies(void)
{
  char name[] = "lamp";
  start_mqtt();
  CHECK_NUMBER(text("clientid", name), JOBSFW_OPTION_OK);
  jobsfw_settings *settings = jobsfw_settings_new(&draft);
  memset(name, '?', 4);
  CHECK(strcmp(settings->text[JOBSFW_CLIENTID], "lamp") == 0);
  CHECK(settings->text[JOBSFW_USERNAME] == NULL);
  jobsfw_settings_keep(settings);
  jobsfw_settings_release(settings);
  CHECK(strcmp(settings->text[JOBSFW_CLIENTID], "lamp") == 0);
  jobsfw_settings_release(settings);
  jobsfw_settings_release(NULL);
}

static jobsfw_settings *watched;
static unsigned wiped;
static void see_wiped(void *memory)
{
  if (memory != watched) return;
  const char *texts = (const char *)(watched + 1);
  for (size_t i = 0; i < watched->bytes; i++) CHECK(texts[i] == '\0');
  wiped++;
}

static void secrets(void)
{
  start_mqtt();
  CHECK_NUMBER(text("password", "a secret"), JOBSFW_OPTION_OK);
  watched = jobsfw_settings_new(&draft);
  CHECK(strcmp(watched->text[JOBSFW_PASSWORD], "a secret") == 0);
  allocator_frees = see_wiped;
  jobsfw_settings_release(watched);
  allocator_frees = NULL;
  CHECK_NUMBER(wiped, 1);
}

static void no_memory(void)
{
  start_mqtt();
  CHECK_NUMBER(text("clientid", "lamp"), JOBSFW_OPTION_OK);
  allocator_grants = 0;
  CHECK(jobsfw_settings_new(&draft) == NULL);
  CHECK_NUMBER(allocator_grants, -1);
  jobsfw_settings *settings = jobsfw_settings_new(&draft);
  CHECK(settings);
  jobsfw_settings_release(settings);
}

int main(void)
{
  TEST("each text is taken up to its limit, and refused one byte above", lengths);
  TEST("each number is taken within its range only", ranges);
  TEST("unknown names, wrong types, empty texts and NULs are refused", faults);
  TEST("a will may hold any bytes, and needs a topic", will);
  TEST("certificate and key are PEM, of any line ends, and come together", pem);
  TEST("settings are copies, and live as long as someone uses them", copies);
  TEST("texts are wiped before their memory is given back", secrets);
  TEST("without memory the old settings stay", no_memory);
  return 0;
}
