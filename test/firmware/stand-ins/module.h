/* NodeMCU's read-only tables become an array that board_lua makes a Lua table of. */
#pragma once
#include "lua.h"
typedef struct { const char *name; lua_CFunction function; lua_Integer number; } board_entry;
extern const board_entry *const board_module;
#define LROT_BEGIN(table, meta, flags) static const board_entry table##_entries[] = {
#define LROT_FUNCENTRY(n, f) { #n, f, 0 },
#define LROT_NUMENTRY(n, x) { #n, 0, x },
#define LROT_END(table, meta, flags) { 0, 0, 0 } };
#define NODEMCU_MODULE(config, luaname, table, open) const board_entry *const board_module = table##_entries
