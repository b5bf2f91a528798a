/** The Lua prompt at a board's console, as NodeMCU's lua.c and linput.c behave. */
import { expect, test } from "vitest";
import { bench } from "./virtual-esp32/bench";

/** A board at its prompt: gives what the console shows from then on, for what is typed. */
function atPrompt(initLua = "") {
  const { board, time, lines, restarts } = bench(initLua);
  let shown = "";
  board.on("console", (text) => (shown += text));
  board.powerOn();
  time.advance(400);
  const first = shown;
  return {
    first,
    lines,
    restarts,
    type(text: string): string {
      shown = "";
      board.type(Buffer.from(text, "latin1"));
      time.advance(100);
      return shown;
    },
  };
}

test("the prompt follows what the boot chunk printed, and what is printed later follows the prompt", () => {
  const { first, lines, type } = atPrompt(`print("booted") tmr.create():alarm(500, tmr.ALARM_SINGLE, function() print("later") end)`);
  expect(first).toBe("booted\n> ");
  for (let i = 0; i < 5; i++) type("");
  expect(lines).toEqual(["booted", "later"]);
});

test.each([
  ["a chunk", "print(1, 'two')\r", "print(1, 'two')\n1\ttwo\n> "],
  ["an expression", "=1 + 1, nil\n", "=1 + 1, nil\n2\tnil\n> "],
  ["a value that is returned", "return 'x'\n", "return 'x'\nx\n> "],
  ["an empty line", "\r\n\r\n", "\n> \n> "],
  ["a correction", "=41\b2\x7f3\n", "=41\b \b2\b \b3\n43\n> "],
  [
    "an error",
    "error('no', 0)\n",
    "error('no', 0)\nLua error: \tno\nstack traceback:\n\t[C]: in field 'error'\n\tstdin:1: in main chunk\n> ",
  ],
  ["a mistake", "x = = 1\n", "x = = 1\nLua error: \tstdin:1: unexpected symbol near '='\n> "],
  ["an error that is nil", "error()\n", "error()\nLua error: \tstack traceback:\n\t[C]: in field 'error'\n\tstdin:1: in main chunk\n> "],
  ["an error that is a table", "error({})\n", expect.stringMatching(/\nLua error: \ttable: \w+\n> $/) as string],
])("%s is answered", (_, typed, shown) => {
  expect(atPrompt().type(typed)).toEqual(shown);
});

test("a chunk goes on over lines until it is whole, also within a long string", () => {
  const { type } = atPrompt();
  expect(type("for i = 1, 2 do\n")).toBe("for i = 1, 2 do\n>> ");
  expect(type("print(i)\n")).toBe("print(i)\n>> ");
  expect(type("end\n")).toBe("end\n1\n2\n> ");
  expect(type("pem = [[one\ntwo\n]]\n")).toBe("pem = [[one\n>> two\n>> ]]\n> ");
  expect(type("=pem\n")).toBe("=pem\none\ntwo\n\n> ");
});

test("a line of 255 characters is taken, of a longer one what is left after that many", () => {
  const { type } = atPrompt();
  expect(type(`=#"${"x".repeat(251)}"\n`)).toMatch(/\n251\n> $/);
  expect(type(`${"-".repeat(255)}=7\n`)).toMatch(/\n7\n> $/);
});

test("a program may have a prompt of its own", () => {
  const { type } = atPrompt();
  type("_PROMPT = 'lua: ' _PROMPT2 = '...: '\n");
  expect(type("do\nend\n")).toBe("do\n...: end\nlua: ");
});

test("what is typed can restart the board; an error in it does not, one in a callback does", () => {
  const { type, restarts } = atPrompt();
  type("error('here')\n");
  expect(restarts).toEqual([]);
  type("node.task.post(function() error('there') end)\n");
  for (let i = 0; i < 30; i++) type("");
  expect(restarts).toHaveLength(1);
  type("node.restart()\n");
  expect(restarts).toHaveLength(2);
});

test("an endless loop at the prompt ends by the watchdog", () => {
  const { type, restarts } = atPrompt();
  type("while true do end\n");
  expect(restarts).toEqual(["watchdog"]);
});
