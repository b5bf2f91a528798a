/* malloc, calloc and realloc that refuse, and free that tells: linked with -Wl,--wrap= for each. */
#pragma once

/* Refuses the allocation after so many more, once; -1 refuses none. */
extern long allocator_grants;
/* Allocations asked for since the program started, granted or not. */
extern long allocator_asked;
/* Called with what is about to be freed, if not NULL. */
extern void (*allocator_frees)(void *memory);
