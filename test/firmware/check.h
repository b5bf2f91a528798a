/* Tests in C: one line "ok <sentence>" each; the first check that fails names its place and ends the program. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);           \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

#define CHECK_NUMBER(actual, expected)                                          \
  do {                                                                          \
    long long actual_ = (long long)(actual), expected_ = (long long)(expected); \
    if (actual_ != expected_) {                                                 \
      fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #actual, actual_, expected_); \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

#define TEST(sentence, run) do { run(); printf("ok %s\n", sentence); fflush(stdout); } while (0)
