/** The smallest policy with which a device of this project works, on AWS IoT Core as here. */

/** The name under which it is created. */
export const devicePolicyName = "esp32-jobs-device";

/**
 * Connects as the thing whose certificate it is, and reaches the Jobs topics of that thing alone. Replies and notifications need
 * Subscribe and Receive, requests need Publish (guide: "Authorizing your devices to securely use AWS IoT Jobs on the data plane").
 * In a policy `*` matches slashes too, and the wildcards of MQTT are plain characters.
 */
export function devicePolicy(region = "us-east-1", account = "123456789012") {
  const arn = (resource: string): string => `arn:aws:iot:${region}:${account}:${resource}`;
  const thing = "${iot:Connection.Thing.ThingName}";
  const jobs = `$aws/things/${thing}/jobs/*`;
  return {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "iot:Connect", Resource: arn(`client/${thing}`) },
      { Effect: "Allow", Action: ["iot:Publish", "iot:Receive"], Resource: arn(`topic/${jobs}`) },
      { Effect: "Allow", Action: "iot:Subscribe", Resource: arn(`topicfilter/${jobs}`) },
    ],
  };
}
