/** The program, which `bin/wavry.js` starts. */

// A reader such as `head` may leave early; that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1);
});
if (process.argv[2] === "connect") (await import("./early-client.ts")).earlyClient();
const { buildProgram } = await import("./program.ts");
const { runProgram } = await import("./run-program.ts");
await runProgram(buildProgram(), process.argv);
