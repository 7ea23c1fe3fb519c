#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { buildProgram } from "./program.ts";
import { runProgram } from "./run-program.ts";

// Compiled code is kept between starts, for this thread and its workers: a picture comes sooner.
enableCompileCache();
// A reader such as `head` may leave early; that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1);
});
await runProgram(buildProgram(), process.argv);
