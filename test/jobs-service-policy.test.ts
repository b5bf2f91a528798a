/** The policy language: what a document allows, as a table. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { devicePolicy } from "../tools/jobs-service/device-policy";
import { isAllowed, MalformedPolicy, readPolicy, type Variables } from "../tools/jobs-service/rules/policy";

const arn = (resource: string): string => `arn:aws:iot:us-east-1:123456789012:${resource}`;
const lamp: Record<string, string | string[]> = {
  "iot:ClientId": "lamp-01",
  "iot:Connection.Thing.ThingName": "lamp-01",
  "iot:Connection.Thing.IsAttached": "true",
  "iot:Connection.Thing.Attributes[room]": "hall",
  colours: ["red", "green"],
  "iot:Certificate.Subject.CommonName": "a*b",
};
const valueOf: Variables = (name) => (Object.hasOwn(lamp, name) ? lamp[name] : undefined);

type Statement = Record<string, unknown>;

function allowed(statements: Statement | Statement[], action: string, resource: string, variables = valueOf): boolean {
  const document = readPolicy(JSON.stringify({ Version: "2012-10-17", Statement: statements }));
  return isAllowed([document], { actions: [`iot:${action}`], resources: [resource] }, variables);
}

const allow = (action: string | string[], resource: string | string[], more: Statement = {}): Statement => ({
  Effect: "Allow",
  Action: action,
  Resource: resource,
  ...more,
});

describe("a policy", () => {
  const cases: readonly [title: string, statements: Statement | Statement[], action: string, resource: string, outcome: boolean][] = [
    ["allows nothing that it does not name", allow("iot:Connect", "*"), "Publish", "topic/a", false],
    ["allows a topic by its name", allow("iot:Publish", arn("topic/a")), "Publish", "topic/a", true],
    ["tells topic filters from topics", allow("iot:Subscribe", arn("topic/a")), "Subscribe", "topicfilter/a", false],
    ["allows all actions with an asterisk", allow("iot:*", "*"), "Receive", "topic/a", true],
    ["does not care for capitals in actions", allow("iot:publish", "*"), "Publish", "topic/a", true],
    ["lets an asterisk match slashes", allow("iot:Publish", arn("topic/a/*")), "Publish", "topic/a/b/c", true],
    ["does not let an asterisk drop what stands beside it", allow("iot:Publish", arn("topic/a/*/z")), "Publish", "topic/a/z", false],
    ["lets a question mark match one character", allow("iot:Publish", arn("topic/a?")), "Publish", "topic/ab", true],
    ["lets a question mark match no less than one", allow("iot:Publish", arn("topic/a?")), "Publish", "topic/a", false],
    [
      "takes the wildcards of MQTT for plain characters",
      allow("iot:Subscribe", arn("topicfilter/a/+")),
      "Subscribe",
      "topicfilter/a/b",
      false,
    ],
    ["allows a filter with wildcards by its text", allow("iot:Subscribe", arn("topicfilter/a/+")), "Subscribe", "topicfilter/a/+", true],
    ["goes for any region and account", allow("iot:Publish", "arn:aws-cn:iot:cn-north-1:1:topic/a"), "Publish", "topic/a", true],
    ["may name everything with a short ARN", allow("iot:Publish", "arn:aws:iot:*"), "Publish", "topic/a", true],
    ["puts the client id in", allow("iot:Publish", arn("topic/${iot:ClientId}/x")), "Publish", "topic/lamp-01/x", true],
    ["puts an attribute in", allow("iot:Publish", arn("topic/${iot:Connection.Thing.Attributes[room]}")), "Publish", "topic/hall", true],
    ["covers nothing with a variable that has no value", allow("iot:Publish", arn("topic/${aws:userid}*")), "Publish", "topic/a", false],
    [
      "takes an asterisk in a value for itself",
      allow("iot:Publish", arn("topic/${iot:Certificate.Subject.CommonName}")),
      "Publish",
      "topic/axb",
      false,
    ],
    ["knows ${*} for an asterisk", allow("iot:Publish", arn("topic/a${*}")), "Publish", "topic/ab", false],
    [
      "forbids what one statement denies",
      [allow("iot:*", "*"), { ...allow("iot:*", arn("topic/a")), Effect: "Deny" }],
      "Publish",
      "topic/a",
      false,
    ],
    [
      "forbids whatever the order",
      [{ ...allow("iot:*", arn("topic/a")), Effect: "Deny" }, allow("iot:*", "*")],
      "Publish",
      "topic/a",
      false,
    ],
    ["allows all but NotAction", { Effect: "Allow", NotAction: "iot:Publish", Resource: "*" }, "Publish", "topic/a", false],
    ["allows all but NotResource", { Effect: "Allow", Action: "iot:*", NotResource: arn("topic/a") }, "Publish", "topic/b", true],
  ];
  it.each(cases)("%s", (_title, statements, action, resource, outcome) => {
    expect(allowed(statements, action, resource)).toBe(outcome);
  });

  const conditions: readonly [title: string, condition: Record<string, unknown>, outcome: boolean][] = [
    ["attached things", { Bool: { "iot:Connection.Thing.IsAttached": ["true"] } }, true],
    ["a boolean without quotes", { Bool: { "iot:Connection.Thing.IsAttached": true } }, true],
    ["an equal value", { StringEquals: { "iot:ClientId": ["other", "lamp-01"] } }, true],
    ["an asterisk only where a pattern is meant", { StringEquals: { "iot:ClientId": "lamp-*" } }, false],
    ["a pattern", { StringLike: { "iot:ClientId": "lamp-*" } }, true],
    ["another value", { StringNotEquals: { "iot:ClientId": "lamp-02" } }, true],
    ["a key that is not there as different", { StringNotEquals: { "aws:userid": "x" } }, true],
    ["a key that is not there as unequal", { StringEquals: { "aws:userid": "x" } }, false],
    ["a key that need not be there", { StringEqualsIfExists: { "aws:userid": "x" } }, true],
    ["any of several values", { "ForAnyValue:StringEquals": { colours: ["green", "blue"] } }, true],
    ["all of several values", { "ForAllValues:StringEquals": { colours: ["green", "blue"] } }, false],
    [
      "both of two conditions",
      { StringEquals: { "iot:ClientId": "lamp-01" }, Bool: { "iot:Connection.Thing.IsAttached": "false" } },
      false,
    ],
    ["nothing by an operator that it does not know", { IpAddress: { "aws:SourceIp": "127.0.0.1" } }, false],
    ["a variable as the value to compare with", { StringEquals: { "iot:ClientId": "${iot:Connection.Thing.ThingName}" } }, true],
  ];
  it.each(conditions)("may demand %s", (_title, Condition, outcome) => {
    expect(allowed(allow("iot:Connect", "*", { Condition }), "Connect", "client/lamp-01")).toBe(outcome);
  });

  it("is refused when it is malformed, with the reason", () => {
    const bad: readonly [document: string, reason: RegExp][] = [
      ["{", /not JSON/],
      ["[]", /must be an object/],
      ['{"Version":"2012-10-17"}', /Statement is missing/],
      ['{"Version":"2013-01-01","Statement":[]}', /Version/],
      [JSON.stringify({ Statement: { ...allow("iot:Connect", "*"), Effect: "allow" } }), /Effect/],
      [JSON.stringify({ Statement: { Effect: "Allow", Action: "iot:Connect" } }), /Resource must be text/],
      [JSON.stringify({ Statement: { Effect: "Allow", Resource: "*" } }), /Action must be text/],
      [JSON.stringify({ Statement: allow("Connect", "*") }), /Connect is no action/],
      [JSON.stringify({ Statement: allow("iot:Connect", "client/x") }), /is no ARN/],
      [JSON.stringify({ Statement: allow("iot:Connect", "*", { Principal: "*" }) }), /Principal/],
      [JSON.stringify({ Statement: allow("iot:Connect", "*", { NotAction: "iot:Publish" }) }), /exclude each other/],
    ];
    for (const [document, reason] of bad) {
      expect(() => readPolicy(document), document).toThrow(MalformedPolicy);
      expect(() => readPolicy(document)).toThrow(reason);
    }
  });
});

describe("the smallest policy of a device", () => {
  const document = readPolicy(JSON.stringify(devicePolicy()));
  const may = (action: string, resource: string): boolean =>
    isAllowed([document], { actions: [`iot:${action}`], resources: [resource] }, valueOf);

  it("allows the thing's own Jobs topics, in every form in which clients subscribe", () => {
    expect(may("Connect", "client/lamp-01")).toBe(true);
    for (const suffix of ["get", "$next/get", "start-next", "j1/update"])
      expect(may("Publish", `topic/$aws/things/lamp-01/jobs/${suffix}`)).toBe(true);
    for (const filter of ["notify-next", "$next/get/+", "+/update/accepted", "#"]) {
      expect(may("Subscribe", `topicfilter/$aws/things/lamp-01/jobs/${filter}`)).toBe(true);
    }
    expect(may("Receive", "topic/$aws/things/lamp-01/jobs/notify-next")).toBe(true);
  });

  it("allows nothing else", () => {
    expect(may("Connect", "client/lamp-02")).toBe(false);
    expect(may("Publish", "topic/a")).toBe(false);
    expect(may("Publish", "topic/$aws/things/lamp-02/jobs/get")).toBe(false);
    expect(may("Publish", "topic/$aws/things/lamp-01/shadow/get")).toBe(false);
    expect(may("Subscribe", "topicfilter/$aws/things/+/jobs/notify")).toBe(false);
    expect(may("Subscribe", "topicfilter/#")).toBe(false);
  });
});

describe("for every document and question", () => {
  const text = fc.stringMatching(/^[ab/+#.]{0,8}$/);
  const pattern = fc.stringMatching(/^[ab/*?]{0,10}$/);

  it("wildcards match as the same expression in another language does", () => {
    fc.assert(
      fc.property(pattern, text, (wanted, name) => {
        const expression = wanted.replaceAll("*", "[^]*").replaceAll("?", "[^]");
        const expected = new RegExp(`^topic/${expression}$`).test(`topic/${name}`);
        expect(allowed(allow("iot:Publish", arn(`topic/${wanted}`)), "Publish", `topic/${name}`)).toBe(expected);
      }),
    );
  });

  it("a denial is stronger than any number of permissions, wherever it stands", () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 5 }), text, fc.nat(5), (patterns, name, place) => {
        const statements: Statement[] = patterns.map((wanted) => allow("iot:*", arn(`topic/${wanted}`)));
        statements.splice(place, 0, { Effect: "Deny", Action: "iot:Publish", Resource: arn(`topic/${name}`) });
        expect(allowed(statements, "Publish", `topic/${name}`)).toBe(false);
      }),
    );
  });

  it("takes no longer for patterns made to be slow", () => {
    const wanted = "*a".repeat(500);
    const startedAt = performance.now();
    expect(allowed(allow("iot:Publish", arn(`topic/${wanted}b`)), "Publish", `topic/${"a".repeat(256)}`)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
