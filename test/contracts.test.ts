/** What every platform's ports must do, held by those of Node and by those of NodeMCU inside the virtual board. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { nodeClock, type Enter } from "../src/platform/node/clock";
import { nodeFirmware } from "../src/platform/node/firmware";
import { nodeGpio } from "../src/platform/node/gpio";
import { nodeHashes } from "../src/platform/node/hashes";
import { nodeHttp } from "../src/platform/node/http";
import { nodeJson } from "../src/platform/node/json";
import { brokerConnection, nodeMqtt } from "../src/platform/node/mqtt";
import { nodeRecords } from "../src/platform/node/records";
import { bootSlot } from "../src/platform/node/slots";
import { nodeSystem } from "../src/platform/node/system";
import { proveAll } from "./contracts/contract";
import { allContracts } from "./contracts/index";
import { startBroker, type Broker } from "./surroundings/broker";
import { proveOnBoard } from "./surroundings/contracts-on-board";
import { movableTime, type MovableTime } from "./surroundings/movable-time";
import { startWeb, type Web } from "./surroundings/web";

/** The reason by sentence; undefined where the contract was kept. */
type Results = Map<string, string | undefined>;

async function proveOnNode(web: Web, broker: Broker, time: MovableTime): Promise<Results> {
  const dir = mkdtempSync(join(tmpdir(), "contracts-"));
  const enter: Enter = (tell) => tell();
  const connect = brokerConnection("127.0.0.1", broker.port, undefined);
  const system = nodeSystem({
    restart: () => expect.fail("it restarted"),
    bootReason: "power",
    crashes: { count: 0, firmware: "" },
    log: () => undefined,
  });
  const mqtt = nodeMqtt({ clientId: "contracts", connect, time, enter, random: (below) => system.random(below) });
  const clock = nodeClock(time, enter);
  const subject = {
    clock,
    firmware: nodeFirmware(dir, bootSlot(dir, "1.0.0"), () => system.restart()),
    gpio: nodeGpio(() => undefined),
    hashes: nodeHashes,
    http: nodeHttp(time, enter, web.ca),
    json: nodeJson,
    mqtt,
    records: nodeRecords(dir),
    signatures: undefined,
    system,
    ...web,
  };
  const results: Results = new Map();
  await new Promise<void>((done) => proveAll(allContracts(), subject, (sentence, reason) => results.set(sentence, reason), done));
  await mqtt.ended();
  rmSync(dir, { recursive: true });
  return results;
}

const sentences = allContracts().map(({ sentence }) => sentence);

describe.each([
  { platform: "node", prove: proveOnNode },
  { platform: "nodemcu, stock", prove: (web: Web, broker: Broker, time: MovableTime) => proveOnBoard(web, broker, time, "stock") },
  { platform: "nodemcu with jobsfw", prove: (web: Web, broker: Broker, time: MovableTime) => proveOnBoard(web, broker, time, "jobsfw") },
])("$platform", ({ prove }) => {
  let results: Results = new Map();
  beforeAll(async () => {
    const time = movableTime();
    const [web, broker] = [await startWeb(time), await startBroker(time)];
    try {
      results = await prove(web, broker, time);
    } finally {
      await broker.stop();
      await web.stop();
    }
  }, 60_000);

  test.each(sentences)("%s", (sentence) => {
    expect(results.has(sentence), "it was proved").toBe(true);
    expect(results.get(sentence)).toBeUndefined();
  });
});

test("each contract has a sentence of its own", () => {
  expect(new Set(sentences).size).toBe(sentences.length);
});
