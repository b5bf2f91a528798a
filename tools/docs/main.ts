/** make docs: writes what is generated into the project's pages. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../bundle/targets";
import { pages, pageText } from "./pages";

for (const file of pages()) {
  const { is, mustBe } = pageText(file);
  if (is === mustBe) continue;
  writeFileSync(join(root, file), mustBe);
  process.stdout.write(`${file} is written anew\n`);
}
