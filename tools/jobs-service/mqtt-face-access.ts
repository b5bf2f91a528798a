/** Who may do what on an MQTT connection: the policies of its certificate decide, as on AWS. */
import type { Client, PublishPacket } from "aedes";
import { refusal, type Refusal } from "./mqtt5-reasons";
import type { Rules } from "./rules";
import { connectionLimits } from "./rules/limits";
import { thingNamePattern } from "./rules/names";
import { excess, misplaced } from "./topic-filters";

/** Who is at the other end. `iam` signed with AWS credentials; `anyone` came over plain MQTT and stays on this computer. */
export type Principal =
  { readonly kind: "certificate"; readonly certificateId: string } | { readonly kind: "iam" } | { readonly kind: "anyone" };

/** Gives the reason why something is refused, or undefined; for what is to be received, whether it is allowed. */
export interface Access {
  connect(principal: Principal, clientId: string): Refusal | undefined;
  publish(principal: Principal, client: Client, packet: PublishPacket): Refusal | undefined;
  subscribe(principal: Principal, client: Client, filter: string): Refusal | undefined;
  receive(principal: Principal, client: Client, topic: string): boolean;
}

type Action = "Connect" | "Publish" | "RetainPublish" | "Subscribe" | "Receive";

/** The kind of resource that an action is on. */
const kinds = { Connect: "client", Publish: "topic", RetainPublish: "topic", Subscribe: "topicfilter", Receive: "topic" } as const;

/** Without `policies` every connection may do what AWS allows to anyone at all. */
export function accessOf(rules: Rules, policies: boolean): Access {
  function allows(principal: Principal, clientId: string, action: Action, name: string): boolean {
    if (!policies || principal.kind === "iam") return true;
    if (principal.kind === "anyone") return action === "Connect" || isOwn(clientId, action, name);
    const requester = { certificateId: principal.certificateId, clientId };
    return rules.identities.mayDo(requester, { actions: [`iot:${action}`], resources: [`${kinds[action]}/${name}`] });
  }

  return {
    connect: (principal, clientId) =>
      allows(principal, clientId, "Connect", clientId)
        ? undefined
        : refusal("notAuthorized", "no policy allows its certificate to connect as that"),
    publish(principal, { id }, { topic, payload, qos, retain }) {
      if (payload.length > connectionLimits.payloadBytes) return refusal("quotaExceeded", `a payload of ${payload.length} bytes`);
      if (qos === 2) return refusal("qosNotSupported", "a PUBLISH at QoS 2");
      const long = excess(topic);
      if (long !== undefined) return refusal("topicNameInvalid", long);
      if (topic.startsWith("$")) {
        if (retain) return refusal("topicNameInvalid", `a retained PUBLISH on reserved topic ${topic}`);
        if (rules.readTopic(topic) === undefined) return refusal("topicNameInvalid", `a PUBLISH on reserved topic ${topic}`);
      }
      if (!allows(principal, id, "Publish", topic)) return refusal("notAuthorized", `a PUBLISH on ${topic}, which it is not allowed`);
      return retain && !allows(principal, id, "RetainPublish", topic)
        ? refusal("notAuthorized", `a retained PUBLISH on ${topic}, which it is not allowed`)
        : undefined;
    },
    subscribe(principal, { id }, filter) {
      const long = excess(filter) ?? misplaced(filter);
      if (long !== undefined) return refusal("topicFilterInvalid", long);
      if (filter.startsWith("$") && !filter.startsWith("$aws/"))
        return refusal("topicFilterInvalid", `a subscription to reserved topic ${filter}`);
      return allows(principal, id, "Subscribe", filter)
        ? undefined
        : refusal("notAuthorized", `a subscription to ${filter}, which it is not allowed`);
    },
    receive: (principal, { id }, topic) => allows(principal, id, "Receive", topic),
  };
}

/** Without a certificate there is no policy to ask. Such a device keeps to the topics of the thing that it says it is. */
function isOwn(clientId: string, action: Action, name: string): boolean {
  if (!name.startsWith("$")) return true;
  // A name of a thing only: the client ids `+` and `lamp/jobs` would have the topics of others.
  if (thingNamePattern.test(clientId) && name.startsWith(`$aws/things/${clientId}/`)) return true;
  return name.startsWith("$aws/events/") && action !== "Publish";
}
