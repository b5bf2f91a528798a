#include "board.h"
#include "check.h"
#include "nvs.h"
#include "record.h"

#define MAXIMUM 8192

static const jobsfw_record record = { "identity", "cert" };
static char buffer[MAXIMUM + 2], value[MAXIMUM + 1];

static esp_err_t read_whole(size_t *size)
{
  esp_err_t err = jobsfw_record_size(&record, size);
  if (err == ESP_OK) err = jobsfw_record_read(&record, buffer, *size);
  return err;
}

static void names(void)
{
  CHECK(jobsfw_name_is_valid("a", 1));
  CHECK(jobsfw_name_is_valid("fifteen-letters", 15));
  CHECK(!jobsfw_name_is_valid("sixteen-letters!", 16));
  CHECK(!jobsfw_name_is_valid("", 0));
  CHECK(!jobsfw_name_is_valid("a\0b", 3));
}

static void limits(void)
{
  static const size_t sizes[] = { 0, 1, 31, 32, 33, 4000, 4500, MAXIMUM };
  size_t size;
  for (size_t i = 0; i < sizeof value; i++) value[i] = (char)(i * 7);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    CHECK_NUMBER(jobsfw_record_write(&record, value, sizes[i], MAXIMUM), ESP_OK);
    CHECK_NUMBER(read_whole(&size), ESP_OK);
    CHECK_NUMBER(size, sizes[i]);
    CHECK(memcmp(buffer, value, size) == 0);
  }
  CHECK_NUMBER(jobsfw_record_write(&record, value, MAXIMUM + 1, MAXIMUM), ESP_ERR_NVS_VALUE_TOO_LONG);
  CHECK_NUMBER(read_whole(&size), ESP_OK);
  CHECK_NUMBER(size, MAXIMUM);
  board_nvs_clear();
}

static void not_found(void)
{
  size_t size;
  CHECK_NUMBER(read_whole(&size), ESP_ERR_NVS_NOT_FOUND); /* no such namespace */
  CHECK_NUMBER(jobsfw_record_erase(&record), ESP_OK);
  CHECK_NUMBER(jobsfw_record_write(&(jobsfw_record) { "identity", "key" }, "k", 1, MAXIMUM), ESP_OK);
  CHECK_NUMBER(read_whole(&size), ESP_ERR_NVS_NOT_FOUND);
  board_nvs_clear();
}

static void strings(void)
{
  size_t size;
  board_nvs_put_string("identity", "cert", "from an image");
  CHECK_NUMBER(read_whole(&size), ESP_OK);
  CHECK_NUMBER(size, 13);
  CHECK(memcmp(buffer, "from an image", 13) == 0);
  CHECK_NUMBER(jobsfw_record_write(&record, "newer", 5, MAXIMUM), ESP_OK);
  CHECK_NUMBER(read_whole(&size), ESP_OK);
  CHECK_NUMBER(size, 5);
  CHECK_NUMBER(jobsfw_record_erase(&record), ESP_OK);
  CHECK_NUMBER(read_whole(&size), ESP_ERR_NVS_NOT_FOUND);
  board_nvs_put_string("identity", "cert", "");
  CHECK_NUMBER(read_whole(&size), ESP_OK);
  CHECK_NUMBER(size, 0);
  board_nvs_clear();
}

static void torn(void)
{
  size_t size;
  CHECK_NUMBER(jobsfw_record_write(&record, "whole or not", 12, MAXIMUM), ESP_OK);
  board_nvs_tear("identity", "cert");
  CHECK_NUMBER(read_whole(&size), ESP_FAIL);
  board_nvs_clear();
  for (int is_string = 0; is_string < 2; is_string++) {
    if (is_string) board_nvs_put_string("identity", "cert", "a value");
    else CHECK_NUMBER(jobsfw_record_write(&record, "a value", 7, MAXIMUM), ESP_OK);
    board_nvs_grow_before_read("identity", "cert");
    CHECK_NUMBER(jobsfw_record_size(&record, &size), ESP_OK);
    CHECK_NUMBER(jobsfw_record_read(&record, buffer, size), ESP_ERR_NVS_INVALID_LENGTH);
    board_nvs_clear();
  }
  CHECK_NUMBER(jobsfw_record_write(&record, "a value", 7, MAXIMUM), ESP_OK);
  CHECK_NUMBER(jobsfw_record_read(&record, buffer, 8), ESP_ERR_NVS_INVALID_LENGTH);
  CHECK_NUMBER(jobsfw_record_read(&record, buffer, 6), ESP_ERR_NVS_INVALID_LENGTH);
  board_nvs_clear();
}

static void failures(void)
{
  static const struct { const char *call; esp_err_t err; } faults[] = {
    { "open", ESP_ERR_NVS_NOT_INITIALIZED }, { "set", ESP_ERR_NVS_NOT_ENOUGH_SPACE }, { "set", ESP_ERR_NO_MEM },
    { "commit", ESP_ERR_NVS_REMOVE_FAILED }, { "erase", ESP_FAIL }, { "get", ESP_FAIL },
  };
  size_t size;
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    CHECK_NUMBER(jobsfw_record_write(&record, "old", 3, MAXIMUM), ESP_OK);
    board_nvs_fail(faults[i].call, faults[i].err);
    esp_err_t err = faults[i].call[0] == 'e' ? jobsfw_record_erase(&record)
                    : faults[i].call[0] == 'g' ? read_whole(&size)
                                               : jobsfw_record_write(&record, "new value", 9, MAXIMUM);
    CHECK_NUMBER(err, faults[i].err);
    CHECK_NUMBER(board_nvs_open_handles, 0);
    CHECK_NUMBER(read_whole(&size), ESP_OK);
    CHECK((size == 3 && memcmp(buffer, "old", 3) == 0) || (size == 9 && memcmp(buffer, "new value", 9) == 0));
  }
  board_nvs_fail("open", ESP_ERR_NVS_NOT_INITIALIZED);
  CHECK_NUMBER(jobsfw_record_read(&record, buffer, 3), ESP_ERR_NVS_NOT_INITIALIZED);
  board_nvs_fail("open", ESP_ERR_NVS_NOT_INITIALIZED);
  CHECK_NUMBER(jobsfw_record_erase(&record), ESP_ERR_NVS_NOT_INITIALIZED);
  board_nvs_fail("commit", ESP_ERR_NVS_REMOVE_FAILED);
  CHECK_NUMBER(jobsfw_record_erase(&record), ESP_ERR_NVS_REMOVE_FAILED);
  CHECK_NUMBER(board_nvs_open_handles, 0);
  /* A string without its NUL: the flash is not what NVS says of it. */
  board_nvs_put_bytes("identity", "cert", "", 0);
  CHECK_NUMBER(jobsfw_record_size(&record, &size), ESP_FAIL);
  board_nvs_clear();
}

int main(void)
{
  TEST("names have 1 to 15 bytes and no NUL", names);
  TEST("values of 0 bytes up to the maximum come back as they were; one byte more is refused", limits);
  TEST("a missing namespace and a missing key are not found, and erasing them is fine", not_found);
  TEST("a string from an identity image is read, is hidden by a newer record, and goes with it", strings);
  TEST("a value that is torn, or has become another, is an error and never a part", torn);
  TEST("whatever call of NVS fails, the error is told, the handle closed and one whole value there", failures);
  CHECK_NUMBER(board_nvs_open_handles, 0);
  return 0;
}
