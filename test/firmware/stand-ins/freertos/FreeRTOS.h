#pragma once
/* How often the lock is held now: the tests see that it is left as often as it is entered. */
typedef struct { int held; } portMUX_TYPE;
#define portMUX_INITIALIZER_UNLOCKED { 0 }
