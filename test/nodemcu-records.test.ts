/** Records on SPIFFS: power may go at any write to the flash, and the record is the old text or the new one. */
import { beforeAll, describe, expect, test } from "vitest";
import { boardWith, compileForBoard } from "./surroundings/board-program";

/** Tells what the record holds, then counts it up, twice. */
const counting = `
import { jobsfwAbilities } from "nodemcu/jobsfw";
import { nodemcuRecords } from "nodemcu/records";

const records = jobsfw === undefined ? nodemcuRecords : jobsfwAbilities(jobsfw, false).records;

const found = records.read("count");
print(\`read \${found ?? "000"}\`);
let count = found === undefined ? 0 : (tonumber(string.sub(found, 1, 3)) ?? 0);
for (let n = 0; n < 2; n++) {
  count++;
  const digits = string.format("%03d", count);
  print(records.write("count", digits + string.rep(".", 300) + digits) ? \`wrote \${digits}\` : \`failed \${digits}\`);
}
print("done");
`;

let program = "";
beforeAll(() => {
  program = compileForBoard(counting);
}, 30_000);

/** What `read` may say after the last text that is known to be written. */
function allowed(count: number): string[] {
  return [count, count + 1].map((n) => {
    const digits = String(n).padStart(3, "0");
    return n === 0 ? "read 000" : `read ${digits}${".".repeat(300)}${digits}`;
  });
}

describe("a record on the board", () => {
  test.each(["stock", "jobsfw"] as const)(
    "is the old text or the new one, whole, after any two power cuts one after the other, on %s firmware",
    async (firmware) => {
      /** Boots, with the power going at that flash write; true when it went. Checks what was read against what was written before. */
      async function boot(scene: ReturnType<typeof boardWith>, cutAt: number | undefined, count: number): Promise<number | undefined> {
        const { board, lines, until } = scene;
        lines.length = 0;
        board.powerOn();
        if (cutAt !== undefined) board.cutPowerAtWrite(cutAt);
        await until(() => lines.includes("done") || !board.powered, "the end of a boot");
        board.powerOff();
        const found = lines.find((line) => line.startsWith("read "));
        if (found !== undefined) expect(allowed(count)).toContain(found);
        expect(lines.filter((line) => line.startsWith("failed"))).toEqual([]);
        const written = lines.filter((line) => line.startsWith("wrote ")).map((line) => Number(line.slice(6)));
        if (lines.includes("done") && cutAt !== undefined) return undefined;
        // Without a write that succeeded, what was read is what is known.
        return written.at(-1) ?? (found === undefined ? count : Number(found.slice(5, 8)));
      }

      let cuts = 0;
      for (let first = 1, isCut = true; isCut; first++) {
        isCut = false;
        for (let second = 1; ; second++) {
          const scene = boardWith(program, { firmware, seed: 100 * first + second });
          const afterFirst = await boot(scene, first, 0);
          if (afterFirst === undefined) break;
          isCut = true;
          const afterSecond = await boot(scene, second, afterFirst);
          if (afterSecond === undefined) break;
          cuts++;
          await boot(scene, undefined, afterSecond);
        }
      }
      // A record in NVS is one write, a file five.
      expect(cuts).toBeGreaterThan(firmware === "stock" ? 100 : 9);
    },
    60_000,
  );
});
