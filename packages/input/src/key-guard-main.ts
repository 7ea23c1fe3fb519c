/**
 * The key guard's process (see key-guard.ts): waits for the end of its standard input, releases what is still pressed,
 * and ends. It blocks in reading, so it costs nothing meanwhile, and ends by itself whatever happens.
 */
import { readSync } from "node:fs";
import type { InputBackendName } from "./input-injector.ts";
import { GuardedState, GuardTarget } from "./key-guard-protocol.ts";
import { openBackend } from "./open-backend.ts";

/** How long the display may take to answer before the guard gives up. */
const DEADLINE_SECONDS = 10;

// Whoever ends its injector also ends the pipe, and that is the time to act.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

const [name, display] = process.argv.slice(2);
const alarm = await loadAlarm();
alarm(DEADLINE_SECONDS);
const backend = await openBackend(name as InputBackendName, display || undefined);
alarm(0);

const state = new GuardedState();
const buffer = new Uint8Array(256);
for (;;) {
  const bytes = readInput(buffer);
  if (bytes === 0) break;
  state.receive(buffer.subarray(0, bytes));
}

alarm(DEADLINE_SECONDS);
// A release of what is not pressed does nothing.
const doubtful = backend.losesUnread ? state.recentlyReleased() : [];
for (const { target, code } of [...state.held().reverse(), ...doubtful]) {
  if (target === GuardTarget.key) backend.key(code, false);
  else backend.button(code, false);
}
backend.settle();
backend.close();
process.exit(0);

/** Waits for bytes; 0 at the end of the input or when it is broken. */
function readInput(into: Uint8Array): number {
  try {
    return readSync(0, into, 0, into.length, null);
  } catch {
    return 0;
  }
}

/** alarm(2), whose signal ends even a process that is stuck in a foreign call; nothing where there is none. */
async function loadAlarm(): Promise<(seconds: number) => void> {
  if (process.platform !== "linux") return () => {};
  const { bindLibrary } = await import("@wavry/x11");
  const libc = bindLibrary("libc.so.6", "libc6", { alarm: "unsigned int alarm(unsigned int s)" });
  return (seconds) => void libc.alarm(seconds);
}
