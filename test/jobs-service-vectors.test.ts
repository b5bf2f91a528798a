/** The published request and response cases of the Jobs MQTT API, over the rules and over a real MQTT connection. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readVectors } from "../tools/jobs-service/vectors/form";
import { rulesTarget } from "../tools/jobs-service/vectors/rules-target";
import { tryVector } from "../tools/jobs-service/vectors/run";

const vectors = readVectors(readFileSync(new URL("vectors/jobs-mqtt.json", import.meta.url), "utf8"));
if (typeof vectors === "string") throw new Error(vectors);

describe("the rules answer as AWS IoT Jobs does", () => {
  it.each(vectors.map((vector) => ({ name: vector.name, vector })))("$name", async ({ vector }) => {
    const target = rulesTarget(vector.given.now ?? 1_700_000_000);
    try {
      expect(await tryVector(target, vector)).toBeUndefined();
    } finally {
      await target.end();
    }
  });
});
