/** HTTP answers leave, as MQTT messages do, only once what they rest on is safe. */
import type { MiddlewareHandler } from "hono";
import type { Outbox } from "./group-commit";

/** Holds each answer back; answers 503 when what it rests on cannot be kept. */
export function afterOutbox(outbox: Outbox): MiddlewareHandler {
  // The exception that both planes have for this in their API models.
  const refusal = (): Response =>
    Response.json(
      { message: "the service cannot keep its data" },
      { status: 503, headers: { "x-amzn-errortype": "ServiceUnavailableException" } },
    );
  return async (c, next) => {
    if (outbox.isClosed()) return refusal();
    await next();
    const isSafe = await new Promise<boolean>((resolve) =>
      outbox.after(
        () => resolve(true),
        () => resolve(false),
      ),
    );
    if (!isSafe) c.res = refusal();
    return undefined;
  };
}
