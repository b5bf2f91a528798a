import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["tools/test/build-first.ts"],
    reporters: ["default", "./tools/test/counting-reporter.ts"],
    pool: "threads",
    testTimeout: 10_000,
    hookTimeout: 10_000,
    retry: 0,
    passWithNoTests: false,
  },
});
