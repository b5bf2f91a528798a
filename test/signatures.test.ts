/** The same signatures, right and wrong, before the adapter of Node and before that of NodeMCU inside the virtual board. */
import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Signatures } from "../src/ports";
import { nodeSignatures } from "../src/platform/node/signatures";
import { openAuthority } from "../tools/jobs-service/certificates";
import { boardWith, compileForBoard, type Surroundings } from "./surroundings/board-program";
import { signatureVectors, type SignatureVector } from "./surroundings/signature-vectors";

const vectors = signatureVectors();

function matchesOn(signatures: Signatures, { message, signature }: SignatureVector): boolean {
  const check = signatures.start();
  for (const piece of [message.slice(0, 7), "", message.slice(7)]) check.update(piece);
  return check.matches(signature);
}

/** Prints a line for each vector: its place in the list, and whether it matches. */
const program = compileForBoard(`
import { readFile } from "nodemcu/files";
import { nodemcuJson } from "nodemcu/json";
import { nodemcuSignatures } from "nodemcu/signatures";

interface Vector { readonly signer: string; readonly message: string; readonly signature: string }
const all = (nodemcuJson.decode(readFile("vectors.json") ?? "") as unknown as { vectors: Vector[] }).vectors;
let n = 0;
for (const { signer, message, signature } of all) {
  const signatures = nodemcuSignatures(signer);
  const check = signatures?.start();
  for (const piece of [message.slice(0, 7), "", message.slice(7)]) check?.update(piece);
  print(\`\${n++}\`, check?.matches(signature), signatures?.problem);
}
print(nodemcuSignatures(undefined));
print("done");
`);

/** What the board prints of these vectors. */
async function onBoard(some: readonly SignatureVector[], surroundings: Surroundings): Promise<string[]> {
  const { board, lines, until } = boardWith(program, surroundings);
  board.files.write("vectors.json", JSON.stringify({ vectors: some }));
  board.powerOn();
  await until(() => lines.includes("done"), "the end of the vectors");
  board.powerOff();
  return lines.slice(0, -1);
}

describe("on Node", () => {
  test.each(vectors)("$name: $isRight", (vector) => {
    const signatures = nodeSignatures(createPublicKey(vector.signer));
    expect(signatures?.problem).toBeUndefined();
    expect(matchesOn(signatures!, vector)).toBe(vector.isRight);
  });

  test("without a signer there is nothing to check", () => expect(nodeSignatures(undefined)).toBeUndefined());
});

describe("on a board with our component", () => {
  let lines: string[] = [];
  beforeAll(async () => {
    // A few at a time: all of them are more than the memory of a board takes beside a program that is text.
    for (let at = 0; at < vectors.length; at += 10)
      lines = [...lines, ...(await onBoard(vectors.slice(at, at + 10), { firmware: "jobsfw" })).slice(0, -1)];
  });

  test.each(vectors.map((vector, n) => ({ ...vector, n })))("$name: $isRight", ({ isRight, n }) => {
    expect(lines[n]).toBe(`${n % 10}\t${isRight}\tnil`);
  });

  test("a certificate serves as its key does; of what is no key on P-256 the board knows before anything is signed", async () => {
    const { certificate, privateKey } = await (await openAuthority()).issueDevice("signer");
    const made = {
      name: "",
      message: "image",
      signature: sign("sha256", Buffer.from("image"), privateKey).toString("base64"),
      isRight: true,
    };
    const spki = { type: "spki", format: "pem" } as const;
    const found = await onBoard(
      [
        certificate,
        "no key",
        certificate.slice(0, 200),
        privateKey,
        generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export(spki).toString(),
        generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export(spki).toString(),
      ].map((signer) => ({ ...made, signer })),
      { firmware: "jobsfw" },
    );
    const problem = "signer.pem is no public key on the curve P-256";
    expect(found).toEqual([
      "0\ttrue\tnil",
      `1\tfalse\t${problem} (-15616)`,
      `2\tfalse\t${problem} (-15616)`,
      `3\tfalse\t${problem} (-15616)`,
      `4\tfalse\t${problem} (-16128)`,
      `5\tfalse\t${problem} (-14848)`,
      "nil",
    ]);
    expect(matchesOn(nodeSignatures(createPublicKey(certificate))!, { ...made, signer: certificate })).toBe(true);
  });
});

test("a stock board says that it cannot check, and takes nothing for right", async () => {
  const right = vectors.filter(({ isRight }) => isRight).slice(0, 1);
  expect(await onBoard(right, {})).toEqual(["0\tfalse\tthis firmware lacks the component jobsfw", "nil"]);
});
