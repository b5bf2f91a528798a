/** The pages of the shipped actions, from the catalogue. */
import type { Action } from "../../src/actions/action";
import { actions } from "../../src/actions/index";
import type { Field } from "../../src/actions/input";
import { sampleDocument } from "./samples";
import { fence, markdownTable } from "./sections";

/** One chapter for each action of the catalogue. */
export function actionPages(catalogue: readonly Action[] = actions): string {
  return catalogue.map(pageOf).join("\n\n");
}

function pageOf(action: Action): string {
  const { name, summary, input, budgetSeconds } = action;
  const fields = Object.entries(input).map(([field, declared]) => [`\`${field}\``, takes(declared), absent(declared), about(declared)]);
  return [
    `### ${name}`,
    summary,
    fields.length === 0 ? "It takes no fields." : markdownTable(["field", "takes", "when absent", "meaning"], fields),
    `Stopped with \`TIMED_OUT\` after ${budgetSeconds.toLocaleString("en")} s.`,
    fence("json", JSON.stringify(sampleDocument(action), undefined, 2)),
  ].join("\n\n");
}

function takes(declared: Field): string {
  const field = declared.kind === "optional" ? declared.field : declared;
  const number = (value: number): string => value.toLocaleString("en");
  const range = field.min === field.max ? number(field.min) : `${number(field.min)} to ${number(field.max)}`;
  if (field.kind === "integer") return `whole number, ${range}${field.unit === undefined ? "" : ` ${field.unit}`}`;
  return `text, ${range} characters${field.of === undefined ? "" : ` of \`${field.of}\``}`;
}

function absent(declared: Field): string {
  if (declared.kind === "optional") return "left out";
  return declared.default === undefined ? "refused" : `\`${declared.default}\``;
}

function about(declared: Field): string {
  return (declared.kind === "optional" ? declared.field : declared).about;
}
