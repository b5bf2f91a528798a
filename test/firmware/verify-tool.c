/* argv[1]: a file of lines, each with a key, a digest and a signature in hexadecimal, "-" for none. Prints what jobsfw.verify says of each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "signature.h"

#define FIELDS 3

static size_t read_hex(const char *text, unsigned char *bytes)
{
  size_t length = strcmp(text, "-") == 0 ? 0 : strlen(text) / 2;
  for (size_t i = 0; i < length; i++)
    if (sscanf(text + 2 * i, "%2hhx", &bytes[i]) != 1) exit(1);
  return length;
}

int main(int argc, char **argv)
{
  static char text[FIELDS][20000];
  FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
  if (!file) return 1;
  while (fscanf(file, "%19999s %19999s %19999s", text[0], text[1], text[2]) == FIELDS) {
    unsigned char *bytes[FIELDS];
    size_t length[FIELDS];
    for (int i = 0; i < FIELDS; i++) {
      bytes[i] = calloc(1, strlen(text[i]) / 2 + 1);
      if (!bytes[i]) return 1;
      length[i] = read_hex(text[i], bytes[i]);
    }
    printf("%d\n", jobsfw_verify((char *)bytes[0], length[0], bytes[1], length[1], bytes[2], length[2]));
    for (int i = 0; i < FIELDS; i++) free(bytes[i]);
  }
  fclose(file);
  return 0;
}
