/* Where libFuzzer is missing: mutates the files of a folder, by a seed, and calls the same entry point. Understands libFuzzer's
 * -max_total_time=SECONDS, -runs=COUNT, -seed=NUMBER and the folder. Leaves the input of a failure in the file ./failed-input. */
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include "fuzz.h"

#define SEEDS 64
#define LARGEST 4096

void __sanitizer_set_death_callback(void (*callback)(void));

static struct { uint8_t bytes[LARGEST]; size_t size; } seeds[SEEDS], input;
static size_t seed_count;
static uint64_t state;

static uint32_t random_below(uint32_t bound)
{
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 16) % bound;
}

static void keep_input(void)
{
  FILE *file = fopen("failed-input", "wb");
  if (!file) return;
  fwrite(input.bytes, 1, input.size, file);
  fclose(file);
}

static void on_abort(int signal_number)
{
  (void)signal_number;
  keep_input();
  _Exit(1);
}

static void load(const char *folder)
{
  char path[4096];
  DIR *all = opendir(folder);
  if (!all) { perror(folder); exit(2); }
  for (struct dirent *entry; (entry = readdir(all)) && seed_count < SEEDS;) {
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
    if (!file) continue;
    seeds[seed_count].size = fread(seeds[seed_count].bytes, 1, LARGEST, file);
    seed_count++;
    fclose(file);
  }
  closedir(all);
}

static void mutate(void)
{
  input = seeds[random_below((uint32_t)seed_count)];
  for (uint32_t times = 1 + random_below(6); times > 0; times--) {
    size_t at = input.size ? random_below((uint32_t)input.size) : 0, n = 1 + random_below(16);
    switch (random_below(6)) {
      case 0: if (input.size) input.bytes[at] ^= (uint8_t)(1u << random_below(8)); break;
      case 1: if (input.size) input.bytes[at] = (uint8_t)random_below(256); break;
      case 2: input.size = at; break;
      case 3: for (; n > 0 && input.size < LARGEST; n--) input.bytes[input.size++] = (uint8_t)random_below(256); break;
      case 4: if (n > input.size - at) n = input.size - at;
              memmove(input.bytes + at, input.bytes + at + n, input.size - at - n);
              input.size -= n;
              break;
      default: if (input.size + n > LARGEST) break;
              memmove(input.bytes + at + n, input.bytes + at, input.size - at);
              input.size += n;
    }
  }
}

int main(int argc, char **argv)
{
  long seconds = 2, runs = -1, done = 0;
  state = 1;
  for (int i = 1; i < argc; i++) {
    if (sscanf(argv[i], "-max_total_time=%ld", &seconds) == 1 || sscanf(argv[i], "-runs=%ld", &runs) == 1) continue;
    unsigned long seed;
    if (sscanf(argv[i], "-seed=%lu", &seed) == 1) state = seed * 2 + 1;
    else if (argv[i][0] != '-') load(argv[i]);
  }
  if (seed_count == 0) seed_count = 1;
  __sanitizer_set_death_callback(keep_input);
  signal(SIGABRT, on_abort);
  for (time_t end = time(NULL) + seconds; done != runs && time(NULL) < end; done++) {
    if (done < (long)seed_count) input = seeds[done];
    else mutate();
    LLVMFuzzerTestOneInput(input.bytes, input.size);
  }
  printf("Done %ld runs\n", done);
  return 0;
}
