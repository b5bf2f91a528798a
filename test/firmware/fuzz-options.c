/* Any sequence of options: what was taken is in the settings, whole and ended by a NUL, and nothing else. */
#include <string.h>
#include "fuzz.h"
#include "options.h"

static const char *const names[] = {
  "clientid", "username", "password", "lwt_topic", "lwt_msg", "alpn", "lwt_qos", "lwt_retain", "bufsize", "outsize", "timeout", "reconnect",
  "cert", "key", "txsize", "", "clientid ", "Clientid",
};

/* One option: its name, whether it is a number, the length of its text by two bytes, the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 1) return 0;
  const jobsfw_option_group *group = *data & 1 ? &jobsfw_mqtt_group : &jobsfw_http_group;
  const char *text[JOBSFW_TEXTS] = { NULL };
  size_t length[JOBSFW_TEXTS] = { 0 };
  char *copies[64];
  unsigned count = 0;
  jobsfw_draft draft;
  jobsfw_draft_start(&draft, group);
  data++;
  size--;
  while (size >= 4 && count < 64) {
    const char *name = names[data[0] % (sizeof names / sizeof *names)];
    if (data[1] & 1) {
      int32_t number = (int32_t)((uint32_t)data[2] << 24 | (uint32_t)data[3] << 8 | data[1]);
      if (data[1] & 2) number = data[3] * 256 + data[2];
      if (jobsfw_draft_number(&draft, name, number) == JOBSFW_OPTION_OK) MUST(number >= 0 && number <= 120000);
      data += 4;
      size -= 4;
      continue;
    }
    size_t n = (size_t)data[2] | (size_t)data[3] << 8;
    data += 4;
    size -= 4;
    if (n > size) n = size;
    char *copy = copies[count++] = malloc(n ? n : 1); /* exactly as long */
    memcpy(copy, data, n);
    data += n;
    size -= n;
    if (jobsfw_draft_text(&draft, name, copy, n) != JOBSFW_OPTION_OK) continue;
    size_t place = 0;
    while (strcmp(names[place], name) != 0) place++;
    if (place >= 12) place -= 12;
    MUST(place < JOBSFW_TEXTS);
    text[place] = copy;
    length[place] = n;
  }
  jobsfw_option_fault fault = jobsfw_draft_check(&draft);
  if (group == &jobsfw_http_group && fault == JOBSFW_OPTION_OK) MUST(!text[JOBSFW_CERT] == !text[JOBSFW_KEY]);
  jobsfw_settings *settings = jobsfw_settings_new(&draft);
  MUST(settings);
  for (int i = 0; i < JOBSFW_TEXTS; i++) {
    MUST(!settings->text[i] == !text[i]);
    if (!text[i]) continue;
    MUST(settings->length[i] <= length[i] && settings->text[i][settings->length[i]] == '\0');
    MUST(memcmp(settings->text[i], text[i], settings->length[i]) == 0);
    for (size_t behind = settings->length[i]; behind < length[i]; behind++) MUST(text[i][behind] == '\0'); /* NULs behind PEM */
  }
  jobsfw_settings_release(settings);
  while (count > 0) free(copies[--count]);
  return 0;
}
