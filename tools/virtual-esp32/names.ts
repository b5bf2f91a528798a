/**
 * NodeMCU's compiler forgets the names of locals and upvalues, on the chip and in luac.cross: its strip level is 1 where nothing else was chosen
 * (CONFIG_LUA_OPTIMIZE_DEBUG, lua-5.3/lparser.c, compile_stripdebug). Errors keep their lines, and name fields; a global looks like one.
 */
import { internals, type Proto } from "./lua";

function forgetNames(proto: Proto): void {
  proto.locvars = [];
  for (const upvalue of proto.upvalues) upvalue.name = null;
  proto.p.forEach(forgetNames);
}

const compile = internals.parser.luaY_parser;
internals.parser.luaY_parser = (...args) => {
  const closure = compile(...args);
  forgetNames(closure.p);
  return closure;
};
