/** The same broker library as the service's, alone in a process of its own. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { Aedes } from "aedes";
import { answerCalls } from "./child";
import { usage } from "./usage";

const calls = {
  /** Gives its port. */
  async start(): Promise<number> {
    const broker = await Aedes.createBroker();
    const server = createServer({ noDelay: true }, (socket) => broker.handle(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  },
  usage,
};

export type BrokerCalls = typeof calls;
answerCalls(calls);
