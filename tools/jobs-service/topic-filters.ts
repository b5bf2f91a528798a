/** How AWS IoT matches topic filters, and what it allows in them. */
import { connectionLimits } from "./rules/limits";

const { topicBytes, topicSlashes } = connectionLimits;

/** Whether a filter covers a topic. Unlike in the MQTT standard `a/#` does not cover `a`; wildcards in front cover no `$` topic. */
export function covers(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  if (!filter.includes("+") && !filter.endsWith("#")) return false;
  if (topic.startsWith("$") && !filter.startsWith("$")) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return levels.length > index;
    if (index >= levels.length || (level !== "+" && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}

/** What stands in text that came as bytes which are no UTF-8, and the one character that MQTT forbids. Both end a connection (MQTT 3.1.1, 1.5.3). */
const unreadable = /[\0\ufffd]/;

/** Why a filter is none: a wildcard is a level of its own (MQTT 3.1.1, 4.7.1). */
export function misplaced(filter: string): string | undefined {
  return filter.split("/").some((level) => level.length > 1 && /[+#]/.test(level)) ? "a filter with a wildcard within a level" : undefined;
}

/** Why the topic of a testament is none that can be published on. */
export function unpublishable(topic: string): string | undefined {
  return topic === "" || /[+#]/.test(topic) ? "a topic with wildcards, or none" : excess(topic);
}

/** Why a topic or filter is no text, or longer or deeper than AWS allows, or undefined. */
export function excess(topic: string): string | undefined {
  if (unreadable.test(topic)) return "a topic that is not text in UTF-8";
  if (Buffer.byteLength(topic) > topicBytes) return `a topic of more than ${topicBytes} bytes`;
  if (topic.split("/").length - 1 > topicSlashes) return `a topic with more than ${topicSlashes} slashes`;
  return undefined;
}
