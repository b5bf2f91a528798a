/** Whether an image for the NVS partition is sound. */
import { NvsDamage, readNvs } from "./nvs/read";

/** What is wrong with an NVS image; undefined when it is sound. */
export function findNvsProblem(image: Buffer): string | undefined {
  try {
    readNvs(image);
    return undefined;
  } catch (error) {
    if (error instanceof NvsDamage) return error.message;
    throw error;
  }
}
