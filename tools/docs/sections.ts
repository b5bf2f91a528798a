/** Pages written by hand hold sections that are generated: from `<!-- generated: NAME -->` to `<!-- end -->`. */

/** Markdown by the name of its section. */
export type Sections = Readonly<Record<string, () => string>>;

const section = /(<!-- generated: ([\w-]+) -->\n)[^]*?(<!-- end -->)/g;

/** The page with each of its sections made anew. */
export function fillSections(page: string, sections: Sections): string {
  return page.replace(section, (_whole, start: string, name: string, end: string) => {
    const write = sections[name];
    if (write === undefined) throw new Error(`nothing generates the section "${name}"`);
    return `${start}\n${write()}\n\n${end}`;
  });
}

/** A Markdown table. A bar inside a cell would end it. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A fenced block of code. */
export function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}
