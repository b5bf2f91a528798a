/** The table of failure codes, from the list in src/failure.ts. */
import { endings } from "../../src/failure";
import { commentsOf } from "./comments";
import { markdownTable } from "./sections";

/** Symptom (status and code, as `job show` prints them), cause and remedy of every way a job can end badly. */
export function failureTable(): string {
  const comments = commentsOf("src/failure.ts", "endings");
  const rows = Object.entries(endings).map(([code, status]) => {
    const [cause, remedy] = (comments.get(code) ?? "").split(" Remedy: ");
    if (!cause || !remedy) throw new Error(`${code} in src/failure.ts lacks a cause or a "Remedy:"`);
    return [`${status} \`${code}\``, cause, remedy.charAt(0).toUpperCase() + remedy.slice(1)];
  });
  return markdownTable(["symptom", "cause", "remedy"], rows);
}
