/** A page of numbered steps as the one who follows it reads it: what to type, and what is then to be seen. */

/** Which of the two ways a command is for; both where none is said. */
export type Way = "without AWS" | "with AWS";

/** A block of commands, and the text that the page shows for it. */
export interface Act {
  readonly way: Way | undefined;
  readonly commands: readonly string[];
  /** Empty where the page says in words what is seen. */
  readonly shown: string;
}

export interface Step {
  readonly number: number;
  readonly title: string;
  readonly text: string;
  readonly acts: readonly Act[];
}

function actsOf(text: string): Act[] {
  const acts: Act[] = [];
  let way: Way | undefined;
  let open: Omit<Act, "shown">[] = [];
  const close = (shown: string): void => {
    acts.push(...open.map((act) => ({ ...act, shown })));
    open = [];
  };
  // A text is what is seen after all commands since the last one: those of either way.
  for (const [, marked, language, code = ""] of text.matchAll(/^\*\*(With(?:out)? AWS)\*\*|^```(sh|text)\n([^]*?)^```$/gm)) {
    if (marked !== undefined) way = marked === "With AWS" ? "with AWS" : "without AWS";
    else if (language === "text") close(code);
    else open.push({ way, commands: code.trimEnd().split("\n") });
  }
  close("");
  return acts;
}

/** The steps of a page, in its order: headings of the form `### 7. Title`. */
export function stepsOf(page: string): Step[] {
  const parts = page.split(/^(?=#{2,3} )/m);
  return parts.flatMap((part) => {
    const [, number, title = ""] = /^### (\d+)\. (.*)\n/.exec(part) ?? [];
    return number === undefined ? [] : [{ number: Number(number), title, text: part, acts: actsOf(part) }];
  });
}

/** What a page shows, as a pattern of a whole screen: "…" is any text, on a line of its own any lines; a time of day is any. */
export function patternOf(shown: string): RegExp {
  const lines = shown
    .trimEnd()
    .split("\n")
    .map((line) => {
      if (line === "…") return "(?:.*\n)*?";
      const pattern = line
        .trimEnd()
        .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
        .replaceAll("…", ".*")
        .replace(/\d\d:\d\d:\d\d\\\.\d{3}/g, "\\d\\d:\\d\\d:\\d\\d\\.\\d{3}");
      return `${pattern} *\n`;
    });
  return new RegExp(`^${lines.join("")}\\s*$`);
}
