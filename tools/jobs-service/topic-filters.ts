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

/** Why a topic or filter is longer or deeper than AWS allows, or undefined. */
export function excess(topic: string): string | undefined {
  if (Buffer.byteLength(topic) > topicBytes) return `a topic of more than ${topicBytes} bytes`;
  if (topic.split("/").length - 1 > topicSlashes) return `a topic with more than ${topicSlashes} slashes`;
  return undefined;
}
