/** The calls on certificates and on what is attached to them. */
import { Hono, type Context } from "hono";
import type { Authority } from "../certificates";
import type { Choices } from "../choices";
import type { Rules } from "../rules";
import { ControlRefusal } from "../rules";
import { text } from "../rules/input-checks";
import { marked, tokenPage } from "./marker";
import { readJsonBody } from "./request";

/** Makes the certificates that the service issues. */
export interface Issuing {
  readonly authority: Pick<Authority, "issueKeys" | "signRequest" | "forget">;
  readonly keys: Choices["keysOfCertificates"];
}

/** Of a certificate (API model); of a request there is only a minimum there. */
const maxPemCharacters = 65_536;

const isActive = (c: Context): { status?: string } => (c.req.query("setAsActive") === "true" ? { status: "ACTIVE" } : {});

export function identitiesApi({ identities }: Rules, { authority, keys }: Issuing): Hono {
  const app = new Hono();
  app.post("/keys-and-certificate", async (c) => {
    const { certificate, publicKey, privateKey } = await authority.issueKeys(keys);
    const registered = identities.registerCertificate({ certificatePem: certificate, ...isActive(c) });
    return c.json({ ...registered, keyPair: { PublicKey: publicKey, PrivateKey: privateKey } });
  });
  app.post("/certificates", async (c) => {
    const request = text(await readJsonBody(c), "certificateSigningRequest", 1, maxPemCharacters) ?? "";
    const certificatePem = await authority.signRequest(request).catch(() => {
      throw new ControlRefusal("InvalidRequestException", "The certificate signing request is not valid");
    });
    return c.json(identities.registerCertificate({ certificatePem, ...isActive(c) }));
  });
  app.post("/certificate/register-no-ca", async (c) => {
    const body = await readJsonBody(c);
    const status = text(body, "status", 1, 128);
    const given = { certificatePem: text(body, "certificatePem", 1, maxPemCharacters) ?? "", ...(status !== undefined && { status }) };
    const { certificateArn, certificateId } = identities.registerCertificate({ ...given, certificateMode: "SNI_ONLY" });
    return c.json({ certificateArn, certificateId });
  });
  app.get("/certificates", (c) => c.json(marked(c, "certificates", identities.listCertificates())));
  app.get("/certificates/:id", (c) => c.json({ certificateDescription: identities.describeCertificate(c.req.param("id")) }));
  app.put("/certificates/:id", (c) => {
    identities.updateCertificate(c.req.param("id"), c.req.query("newStatus") ?? "");
    return c.json({});
  });
  app.delete("/certificates/:id", (c) => {
    const { id } = c.req.param();
    // The id may have a prefix and capitals.
    const { certificateId } = identities.describeCertificate(id);
    identities.deleteCertificate(certificateId, c.req.query("forceDelete") === "true");
    authority.forget(certificateId);
    return c.json({});
  });

  app.put("/things/:thing/principals", (c) => {
    identities.attachThingPrincipal(c.req.param("thing"), principal(c), c.req.query("thingPrincipalType"));
    return c.json({});
  });
  app.delete("/things/:thing/principals", (c) => {
    identities.detachThingPrincipal(c.req.param("thing"), principal(c));
    return c.json({});
  });
  app.get("/things/:thing/principals", (c) => {
    const principals = identities.listThingPrincipals(c.req.param("thing")).map((attached) => attached.principal);
    return c.json(tokenPage(c, "principals", principals));
  });
  app.get("/things/:thing/principals-v2", (c) => {
    const attached = identities.listThingPrincipals(c.req.param("thing"), c.req.query("thingPrincipalType"));
    return c.json(tokenPage(c, "thingPrincipalObjects", attached));
  });
  app.get("/principals/things", (c) => {
    const things = identities.listPrincipalThings(principal(c)).map(({ thingName }) => thingName);
    return c.json(tokenPage(c, "things", things));
  });
  app.get("/principals/things-v2", (c) =>
    c.json(tokenPage(c, "principalThingObjects", identities.listPrincipalThings(principal(c), c.req.query("thingPrincipalType")))),
  );
  return app;
}

/** The API model puts it into a header, under one of two names. */
export function principal(c: Context): string {
  const arn = c.req.header("x-amzn-principal") ?? c.req.header("x-amzn-iot-principal");
  if (arn === undefined || arn === "") throw new ControlRefusal("InvalidRequestException", "The principal is missing");
  return arn;
}
