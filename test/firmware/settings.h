/* Puts settings in use, as jobsfw.mqtt{} and jobsfw.http{} do. */
#pragma once
#include <string.h>
#include "check.h"
#include "wraps.h"

typedef struct { const char *name, *text; int32_t number; } setting; /* text NULL: a number. The last has no name */

static inline void use_settings(jobsfw_settings **used, const jobsfw_option_group *group, const setting *given)
{
  jobsfw_draft draft;
  jobsfw_draft_start(&draft, group);
  for (; given->name; given++)
    CHECK_NUMBER(given->text ? jobsfw_draft_text(&draft, given->name, given->text, strlen(given->text))
                             : jobsfw_draft_number(&draft, given->name, given->number), JOBSFW_OPTION_OK);
  CHECK_NUMBER(jobsfw_draft_check(&draft), JOBSFW_OPTION_OK);
  jobsfw_settings *settings = jobsfw_settings_new(&draft);
  CHECK(settings);
  jobsfw_settings_release(*used);
  *used = settings;
}
#define USE_MQTT(...) use_settings(&jobsfw_mqtt_settings, &jobsfw_mqtt_group, (const setting[]) { __VA_ARGS__ __VA_OPT__(,) { 0 } })
#define USE_HTTP(...) use_settings(&jobsfw_http_settings, &jobsfw_http_group, (const setting[]) { __VA_ARGS__ __VA_OPT__(,) { 0 } })
