#include "record.h"
#include <string.h>
#include "nvs.h"

bool jobsfw_name_is_valid(const char *name, size_t length)
{
  return length >= 1 && length <= JOBSFW_NAME_MAX && memchr(name, '\0', length) == NULL;
}

/* NVS looks up by namespace, key and type together (esp-idf components/nvs_flash/src/nvs_page.cpp, Page::findItem and its hash
 * list): a string is not found as a blob, and both may exist under one key. The blob is the newer one then: we write blobs. */
static esp_err_t query(nvs_handle_t handle, const char *key, bool *is_string, size_t *length)
{
  *is_string = false;
  *length = 0;
  esp_err_t err = nvs_get_blob(handle, key, NULL, length);
  if (err != ESP_ERR_NVS_NOT_FOUND && err != ESP_ERR_NVS_TYPE_MISMATCH) return err;
  *is_string = true;
  *length = 0;
  err = nvs_get_str(handle, key, NULL, length);
  if (err == ESP_OK && *length == 0) return ESP_FAIL; /* a string's length has its NUL */
  return err;
}

esp_err_t jobsfw_record_size(const jobsfw_record *record, size_t *size)
{
  nvs_handle_t handle;
  bool is_string;
  size_t length;
  esp_err_t err = nvs_open(record->name_space, NVS_READONLY, &handle);
  if (err != ESP_OK) return err;
  err = query(handle, record->key, &is_string, &length);
  nvs_close(handle);
  if (err == ESP_OK) *size = is_string ? length - 1 : length;
  return err;
}

esp_err_t jobsfw_record_read(const jobsfw_record *record, char *buffer, size_t size)
{
  nvs_handle_t handle;
  bool is_string;
  size_t length;
  esp_err_t err = nvs_open(record->name_space, NVS_READONLY, &handle);
  if (err != ESP_OK) return err;
  err = query(handle, record->key, &is_string, &length);
  if (err == ESP_OK && length != (is_string ? size + 1 : size)) err = ESP_ERR_NVS_INVALID_LENGTH;
  if (err == ESP_OK && length > 0)
    err = is_string ? nvs_get_str(handle, record->key, buffer, &length) : nvs_get_blob(handle, record->key, buffer, &length);
  nvs_close(handle);
  return err;
}

esp_err_t jobsfw_record_write(const jobsfw_record *record, const char *value, size_t size, size_t maximum)
{
  nvs_handle_t handle;
  if (size > maximum) return ESP_ERR_NVS_VALUE_TOO_LONG;
  esp_err_t err = nvs_open(record->name_space, NVS_READWRITE, &handle);
  if (err != ESP_OK) return err;
  err = nvs_set_blob(handle, record->key, value, size);
  if (err == ESP_OK) err = nvs_commit(handle);
  nvs_close(handle);
  return err;
}

/* nvs_erase_key erases one item of any type: a string may be behind a blob. */
#define ITEMS_UNDER_ONE_KEY 4

esp_err_t jobsfw_record_erase(const jobsfw_record *record)
{
  nvs_handle_t handle;
  esp_err_t err = nvs_open(record->name_space, NVS_READWRITE, &handle);
  if (err != ESP_OK) return err;
  for (int i = 0; i < ITEMS_UNDER_ONE_KEY && err == ESP_OK; i++) err = nvs_erase_key(handle, record->key);
  if (err == ESP_OK || err == ESP_ERR_NVS_NOT_FOUND) err = nvs_commit(handle);
  nvs_close(handle);
  return err;
}
