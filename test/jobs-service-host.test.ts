/** What a service calls itself that others in the network can reach. */
import { X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { openAuthority } from "../tools/jobs-service/certificates";
import { namesOf } from "../tools/jobs-service/host-names";

it.each<[string, string, readonly string[]]>([
  ["127.0.0.1", "localhost", ["localhost", "127.0.0.1"]],
  ["192.0.2.7", "192.0.2.7", ["localhost", "127.0.0.1", "192.0.2.7"]],
  ["0.0.0.0", "192.0.2.8", ["localhost", "127.0.0.1", "192.0.2.8", "198.51.100.1"]],
  ["::", "192.0.2.8", ["localhost", "127.0.0.1", "192.0.2.8", "198.51.100.1"]],
  ["fd00::1", "[fd00::1]", ["localhost", "127.0.0.1", "fd00::1"]],
])("listening on %s, it is %s in its own words", (host, name, all) => {
  expect(namesOf(host, ["192.0.2.8", "198.51.100.1"])).toEqual({ name, all });
});

it("listening on all addresses of a computer without a network, it is localhost", () => {
  expect(namesOf("0.0.0.0", [])).toEqual({ name: "localhost", all: ["localhost", "127.0.0.1"] });
});

it("a board that compares an address with the names of a certificate finds it, as one does that looks for addresses", async () => {
  const authority = await openAuthority();
  const { certificate } = await authority.issueServer(namesOf("192.0.2.7").all);
  const names = new X509Certificate(certificate).subjectAltName?.split(", ");
  expect(names).toEqual(expect.arrayContaining(["DNS:localhost", "DNS:192.0.2.7", "IP Address:192.0.2.7"]));
});
