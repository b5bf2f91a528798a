/** The last words of a test run: what could not be checked on this computer, and `N passed, N failed`. */
import type { Reporter, SerializedError, TestModule } from "vitest/node";
import { luaMachines } from "../native-lua/machines";

/** Counts every test that ran, in every runner. Files that do not load, and errors outside tests, count as failed. */
export default class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        if (test.result().state === "passed") passed++;
        if (test.result().state === "failed") failed++;
      }
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
    }
    if (failed > 0 || passed === 0) process.exitCode = 1;
    process.on("exit", () => {
      for (const machine of luaMachines()) {
        if (machine.missing !== undefined)
          console.log(`not run here: specs in Lua with ${machine.name} (${machine.like}); ${machine.missing}`);
      }
      console.log(`${passed} passed, ${failed} failed`);
    });
  }
}
