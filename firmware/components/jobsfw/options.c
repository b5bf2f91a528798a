#include "options.h"
#include <stdlib.h>
#include <string.h>
#include "sdkconfig.h"

typedef enum { TEXT, BYTES, PEM, NUMBER } kind;

typedef struct {
  const char *name;
  kind kind;
  int place;
  int32_t minimum, maximum, absent; /* of a number, or of a text's length */
} option;

struct jobsfw_option_group {
  const option *options;
  size_t count;
};

static const option mqtt_options[] = {
  { "clientid", TEXT, JOBSFW_CLIENTID, 1, JOBSFW_CLIENTID_MAX, 0 },
  { "username", TEXT, JOBSFW_USERNAME, 1, JOBSFW_USERNAME_MAX, 0 },
  { "password", TEXT, JOBSFW_PASSWORD, 1, JOBSFW_PASSWORD_MAX, 0 },
  { "lwt_topic", TEXT, JOBSFW_LWT_TOPIC, 1, JOBSFW_TOPIC_MAX, 0 },
  { "lwt_msg", BYTES, JOBSFW_LWT_MSG, 0, JOBSFW_LWT_MSG_MAX, 0 },
  { "alpn", TEXT, JOBSFW_ALPN, 0, JOBSFW_ALPN_MAX, 0 }, /* empty: none, not even on port 443 */
  { "lwt_qos", NUMBER, JOBSFW_LWT_QOS, 0, 2, 0 },
  { "lwt_retain", NUMBER, JOBSFW_LWT_RETAIN, 0, 1, 0 },
  { "bufsize", NUMBER, JOBSFW_BUFSIZE, 512, 32768, 0 },   /* absent: CONFIG_MQTT_BUFFER_SIZE */
  { "outsize", NUMBER, JOBSFW_OUTSIZE, 512, 32768, 0 },   /* absent: as bufsize */
  { "timeout", NUMBER, JOBSFW_TIMEOUT, 100, 120000, 0 },  /* absent: 10 s */
  /* destroy() waits for half of this after a lost connection, with all Lua standing still: esp-mqtt mqtt_client.c,
   * esp_mqtt_task, MQTT_STATE_WAIT_RECONNECT. ESP-IDF's own value is 10 s. */
  { "reconnect", NUMBER, JOBSFW_RECONNECT, 50, 10000, 200 },
};
const jobsfw_option_group jobsfw_mqtt_group = { mqtt_options, sizeof mqtt_options / sizeof *mqtt_options };

static const option http_options[] = {
  { "cert", PEM, JOBSFW_CERT, 1, JOBSFW_PEM_MAX, 0 },
  { "key", PEM, JOBSFW_KEY, 1, JOBSFW_PEM_MAX, 0 },
  { "txsize", NUMBER, JOBSFW_TXSIZE, 512, 16384, CONFIG_JOBSFW_HTTP_TX_BUFFER },
};
const jobsfw_option_group jobsfw_http_group = { http_options, sizeof http_options / sizeof *http_options };

void jobsfw_draft_start(jobsfw_draft *draft, const jobsfw_option_group *group)
{
  memset(draft, 0, sizeof *draft);
  draft->group = group;
  for (size_t i = 0; i < group->count; i++)
    if (group->options[i].kind == NUMBER) draft->number[group->options[i].place] = group->options[i].absent;
}

static const option *find(const jobsfw_option_group *group, const char *name)
{
  for (size_t i = 0; i < group->count; i++)
    if (strcmp(group->options[i].name, name) == 0) return &group->options[i];
  return NULL;
}

jobsfw_option_fault jobsfw_draft_text(jobsfw_draft *draft, const char *name, const char *text, size_t length)
{
  const option *o = find(draft->group, name);
  if (!o) return JOBSFW_OPTION_UNKNOWN;
  if (o->kind == NUMBER) return JOBSFW_OPTION_TYPE;
  /* Stock firmware needs a NUL behind each PEM, so people have one there. */
  while (o->kind == PEM && length > 0 && text[length - 1] == '\0') length--;
  if (length > (size_t)o->maximum) return JOBSFW_OPTION_TOO_LONG;
  if (length < (size_t)o->minimum) return JOBSFW_OPTION_EMPTY;
  if (o->kind != BYTES && length > 0 && memchr(text, '\0', length)) return JOBSFW_OPTION_NUL;
  /* Not strstr: the text need not have a NUL at its end. */
  if (o->kind == PEM) {
    static const char begin[] = "-----BEGIN ";
    size_t at = 0, width = sizeof begin - 1;
    while (at + width <= length && memcmp(text + at, begin, width) != 0) at++;
    if (at + width > length) return JOBSFW_OPTION_NOT_PEM;
  }
  draft->text[o->place] = text;
  draft->length[o->place] = length;
  return JOBSFW_OPTION_OK;
}

jobsfw_option_fault jobsfw_draft_number(jobsfw_draft *draft, const char *name, int32_t number)
{
  const option *o = find(draft->group, name);
  if (!o) return JOBSFW_OPTION_UNKNOWN;
  if (o->kind != NUMBER) return JOBSFW_OPTION_TYPE;
  if (number < o->minimum || number > o->maximum) return JOBSFW_OPTION_RANGE;
  draft->number[o->place] = number;
  draft->given |= UINT32_C(1) << o->place;
  return JOBSFW_OPTION_OK;
}

jobsfw_option_fault jobsfw_draft_check(const jobsfw_draft *draft)
{
  if (draft->group == &jobsfw_http_group)
    return !draft->text[JOBSFW_CERT] == !draft->text[JOBSFW_KEY] ? JOBSFW_OPTION_OK : JOBSFW_OPTION_NOT_A_PAIR;
  bool will = draft->text[JOBSFW_LWT_MSG] || draft->given & (1u << JOBSFW_LWT_QOS | 1u << JOBSFW_LWT_RETAIN);
  return will && !draft->text[JOBSFW_LWT_TOPIC] ? JOBSFW_OPTION_WITHOUT_TOPIC : JOBSFW_OPTION_OK;
}

const char *jobsfw_fault_text(jobsfw_option_fault fault)
{
  static const char *const texts[] = {
    [JOBSFW_OPTION_OK] = "fine",
    [JOBSFW_OPTION_UNKNOWN] = "no such option",
    [JOBSFW_OPTION_TYPE] = "wrong type",
    [JOBSFW_OPTION_TOO_LONG] = "too long",
    [JOBSFW_OPTION_EMPTY] = "empty",
    [JOBSFW_OPTION_NUL] = "has a NUL",
    [JOBSFW_OPTION_NOT_PEM] = "not PEM",
    [JOBSFW_OPTION_RANGE] = "out of range",
    [JOBSFW_OPTION_WITHOUT_TOPIC] = "a will needs lwt_topic",
    [JOBSFW_OPTION_NOT_A_PAIR] = "cert and key belong together",
  };
  return texts[fault];
}

jobsfw_settings *jobsfw_settings_new(const jobsfw_draft *draft)
{
  size_t bytes = 0;
  for (int i = 0; i < JOBSFW_TEXTS; i++)
    if (draft->text[i]) bytes += draft->length[i] + 1;

  jobsfw_settings *settings = calloc(1, sizeof *settings + bytes);
  if (!settings) return NULL;
  settings->bytes = bytes;
  settings->users = 1;
  memcpy(settings->number, draft->number, sizeof settings->number);
  char *end = (char *)(settings + 1);
  for (int i = 0; i < JOBSFW_TEXTS; i++) {
    if (!draft->text[i]) continue;
    memcpy(end, draft->text[i], draft->length[i]);
    settings->text[i] = end;
    settings->length[i] = draft->length[i];
    end += draft->length[i] + 1;
  }
  return settings;
}

jobsfw_settings *jobsfw_settings_keep(jobsfw_settings *settings)
{
  if (settings->users > 0) settings->users++;
  return settings;
}

void jobsfw_settings_release(jobsfw_settings *settings)
{
  if (!settings || settings->users == 0 || --settings->users > 0) return;
  volatile char *texts = (volatile char *)(settings + 1);
  for (size_t i = 0; i < settings->bytes; i++) texts[i] = 0;
  free(settings);
}
