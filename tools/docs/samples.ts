/** Job documents that show what an action takes. A test has each of them judged by the action itself. */
export const sampleDocuments: Readonly<Record<string, readonly object[]>> = {
  blink: [{ action: "blink", count: 3, onTime: 250, offTime: 500 }],
  describe: [{ action: "describe" }],
  ota: [
    {
      action: "ota",
      url: "https://firmware.example.com/lamp-2.0.0.bin",
      version: "2.0.0",
      sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      size: 1258288,
    },
  ],
  reboot: [{ action: "reboot" }],
};
