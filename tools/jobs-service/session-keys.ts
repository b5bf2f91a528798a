/** Keys of MQTT sessions begin so. They have no slash, by which the rules' records are told from all others. */
export const sessionKeys = "session:";
