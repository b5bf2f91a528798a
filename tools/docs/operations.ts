/** The table of AWS's operations, from the service's own list. */
import { otherDeviceOperations, otherOperations, servedDeviceOperations, servedOperations } from "../jobs-service/operations";
import { markdownTable } from "./sections";

/** Every operation: served, how it differs, what shows it; then those that are not served. */
export function operationTable(): string {
  const served = [...servedDeviceOperations, ...servedOperations].map(({ operation, resource, differs = "", evidence }) => [
    resource,
    operation,
    differs,
    `[${evidence.replace(/^test\//, "").replace(/\.test\.ts$/, "")}](../${evidence})`,
  ]);
  const others = [...Object.entries(otherOperations), ["data plane", otherDeviceOperations] as const];
  return [
    markdownTable(["of", "operation", "how it differs", "shown by"], served),
    "Not served, and answered `UnknownOperationException` (404):",
    markdownTable(
      ["about", "operations"],
      others.map(([about, names]) => [about, names.join(", ")]),
    ),
  ].join("\n\n");
}
