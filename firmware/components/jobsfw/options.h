/* Settings that Lua gives and the wraps use: checked one by one, then taken all together or not at all. No ESP-IDF in here. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts and numbers of jobsfw.mqtt{}, by their place in jobsfw_settings. */
enum { JOBSFW_CLIENTID, JOBSFW_USERNAME, JOBSFW_PASSWORD, JOBSFW_LWT_TOPIC, JOBSFW_LWT_MSG, JOBSFW_ALPN, JOBSFW_TEXTS };
enum { JOBSFW_LWT_QOS, JOBSFW_LWT_RETAIN, JOBSFW_BUFSIZE, JOBSFW_OUTSIZE, JOBSFW_TIMEOUT, JOBSFW_RECONNECT, JOBSFW_NUMBERS };
/* Those of jobsfw.http{}. */
enum { JOBSFW_CERT, JOBSFW_KEY };
enum { JOBSFW_TXSIZE };

#define JOBSFW_CLIENTID_MAX 128  /* AWS IoT: 128 bytes */
#define JOBSFW_USERNAME_MAX 1024 /* AWS IoT custom authentication carries its parameters here */
#define JOBSFW_PASSWORD_MAX 2048
#define JOBSFW_TOPIC_MAX 256     /* AWS IoT: 256 bytes */
#define JOBSFW_LWT_MSG_MAX 2048  /* the CONNECT packet must fit the MQTT buffer */
#define JOBSFW_ALPN_MAX 255      /* RFC 7301: a length of one byte */
#define JOBSFW_PEM_MAX 8192

typedef enum {
  JOBSFW_OPTION_OK,
  JOBSFW_OPTION_UNKNOWN,
  JOBSFW_OPTION_TYPE,       /* a text where a number belongs, or the other way round */
  JOBSFW_OPTION_TOO_LONG,
  JOBSFW_OPTION_EMPTY,
  JOBSFW_OPTION_NUL,        /* C would see a shorter text */
  JOBSFW_OPTION_NOT_PEM,
  JOBSFW_OPTION_RANGE,
  JOBSFW_OPTION_WITHOUT_TOPIC,
  JOBSFW_OPTION_NOT_A_PAIR,
} jobsfw_option_fault;

typedef struct jobsfw_option_group jobsfw_option_group;
extern const jobsfw_option_group jobsfw_mqtt_group, jobsfw_http_group;

/* What was given so far; the texts are the caller's. */
typedef struct {
  const jobsfw_option_group *group;
  const char *text[JOBSFW_TEXTS]; /* NULL: not given */
  size_t length[JOBSFW_TEXTS];
  int32_t number[JOBSFW_NUMBERS];
  uint32_t given;                 /* bit per number */
} jobsfw_draft;

/* Settings in use. One block with its texts, each ended by a NUL that its length does not count. */
typedef struct {
  const char *text[JOBSFW_TEXTS];
  size_t length[JOBSFW_TEXTS];
  int32_t number[JOBSFW_NUMBERS];
  size_t bytes;                   /* behind this struct */
  unsigned users;                 /* 0: not from memory, never freed */
} jobsfw_settings;

void jobsfw_draft_start(jobsfw_draft *draft, const jobsfw_option_group *group);
jobsfw_option_fault jobsfw_draft_text(jobsfw_draft *draft, const char *name, const char *text, size_t length);
jobsfw_option_fault jobsfw_draft_number(jobsfw_draft *draft, const char *name, int32_t number);
/* Whether what was given goes together. */
jobsfw_option_fault jobsfw_draft_check(const jobsfw_draft *draft);
const char *jobsfw_fault_text(jobsfw_option_fault fault);

/* A copy with one user, or NULL without memory. */
jobsfw_settings *jobsfw_settings_new(const jobsfw_draft *draft);
jobsfw_settings *jobsfw_settings_keep(jobsfw_settings *settings);
/* The last user's release wipes the texts, which may be secrets, and frees. NULL is fine. */
void jobsfw_settings_release(jobsfw_settings *settings);
