/** What the Jobs service does where AWS is silent, from its own list. */
import { ourChoices } from "../jobs-service/choices";
import { commentsOf } from "./comments";
import { markdownTable } from "./sections";

/** The switches of the service and how they stand. */
export function choiceTable(): string {
  const comments = commentsOf("tools/jobs-service/choices.ts", "Choices");
  const rows = Object.entries(ourChoices).map(([name, value]) => [`\`${name}\``, `\`${String(value)}\``, comments.get(name) ?? ""]);
  return markdownTable(["switch", "here", "why"], rows);
}
