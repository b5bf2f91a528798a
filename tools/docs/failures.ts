/** The table of failure codes, from the list in src/failure.ts. */
import { endings } from "../../src/failure";
import { commentsOf } from "./comments";
import { markdownTable } from "./sections";

/** Code, status, meaning and remedy of every way a job can end badly. */
export function failureTable(): string {
  const comments = commentsOf("src/failure.ts", "endings");
  const rows = Object.entries(endings).map(([code, status]) => {
    const [meaning, remedy] = (comments.get(code) ?? "").split(" Remedy: ");
    if (!meaning || !remedy) throw new Error(`${code} in src/failure.ts lacks a meaning or a "Remedy:"`);
    return [`\`${code}\``, status, meaning, remedy.charAt(0).toUpperCase() + remedy.slice(1)];
  });
  return markdownTable(["code", "status", "meaning", "remedy"], rows);
}
