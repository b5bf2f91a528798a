/** The project's pages, and what is generated in them. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../bundle/targets";
import { actionPages } from "./actions";
import { choiceTable } from "./choices";
import { exampleAction, exampleCatalogueLine, exampleSpec } from "./example";
import { failureTable } from "./failures";
import { identityTable } from "./identity";
import { numbersTable } from "./numbers";
import { operationTable } from "./operations";
import { fillSections, type Sections } from "./sections";

const sections: Sections = {
  actions: actionPages,
  choices: choiceTable,
  "example-action": exampleAction,
  "example-catalogue": exampleCatalogueLine,
  "example-spec": exampleSpec,
  failures: failureTable,
  identity: identityTable,
  numbers: numbersTable,
  operations: operationTable,
};

/** Every Markdown file of the project, from its root. */
export function pages(): string[] {
  const below = (folder: string): string[] => readdirSync(join(root, folder)).map((name) => join(folder, name));
  return [...below("."), ...below("docs"), ...below("firmware")].filter((file) => file.endsWith(".md")).sort();
}

/** A page as it is, and as it must be. */
export function pageText(file: string): { readonly is: string; readonly mustBe: string } {
  const is = readFileSync(join(root, file), "utf8");
  return { is, mustBe: fillSections(is, sections) };
}
