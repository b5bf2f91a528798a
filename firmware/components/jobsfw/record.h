/* Records in NVS: one value under a namespace and a key, whole or not at all. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "esp_err.h"

/* espressif/esp-idf components/nvs_flash/include/nvs.h: NVS_KEY_NAME_MAX_SIZE is 16 with the NUL. */
#define JOBSFW_NAME_MAX 15

typedef struct {
  const char *name_space, *key;
} jobsfw_record;

/* Whether NVS can have the name: 1 to 15 bytes, no NUL. */
bool jobsfw_name_is_valid(const char *name, size_t length);

/* The size of the record's value. Found as a blob, or else as a string (identity images made from CSV files have strings). */
esp_err_t jobsfw_record_size(const jobsfw_record *record, size_t *size);

/* Reads exactly size bytes, as told by jobsfw_record_size, into buffer[size + 1]. ESP_ERR_NVS_INVALID_LENGTH when the value has
 * become another, ESP_FAIL when a part of it is missing in the flash: never a part of a value. */
esp_err_t jobsfw_record_read(const jobsfw_record *record, char *buffer, size_t size);

/* In the flash when it returns ESP_OK; on an error the old value or the new one is there, never a mixture. */
esp_err_t jobsfw_record_write(const jobsfw_record *record, const char *value, size_t size, size_t maximum);

/* Removes the record; ESP_OK also when there is none. */
esp_err_t jobsfw_record_erase(const jobsfw_record *record);
