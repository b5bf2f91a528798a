#include "allocator.h"
#include <stddef.h>

long allocator_grants = -1;
long allocator_asked;
void (*allocator_frees)(void *memory);

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);

static int refuses(void)
{
  allocator_asked++;
  return allocator_grants >= 0 && allocator_grants-- == 0;
}

void *__wrap_malloc(size_t size) { return refuses() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return refuses() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *old, size_t size) { return refuses() ? NULL : __real_realloc(old, size); }

void __wrap_free(void *memory)
{
  if (allocator_frees) allocator_frees(memory);
  __real_free(memory);
}
