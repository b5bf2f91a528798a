/* malloc, calloc and realloc that refuse: linked with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc. */
#pragma once

/* Refuses the allocation after so many more, once; -1 refuses none. */
extern long allocator_grants;
/* Allocations asked for since the program started, granted or not. */
extern long allocator_asked;
