import { type ChildProcess, spawn } from "node:child_process";
import { extname } from "node:path";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { InputBackendName } from "./input-injector.ts";
import {
  GUARD_RECORD_BYTES,
  GuardedState,
  type GuardTarget,
  writeGuardRecord,
} from "./key-guard-protocol.ts";

/** What a key guard is started with. */
export interface KeyGuardOptions {
  readonly backend: InputBackendName;
  readonly display?: string | undefined;
  /** The guard died again and again and is not started any more. */
  readonly onLost?: (() => void) | undefined;
}

const MAX_STARTS = 3;
const MAX_BATCH_RECORDS = 64;

/**
 * A small process that releases what this process holds when this process is gone, by whatever end: some systems
 * (XTEST, SendInput, CGEvent) leave keys pressed that a dead process has pressed.
 * It is told of each press and release through a pipe, after the injection and without waiting.
 */
export class KeyGuard {
  readonly #options: KeyGuardOptions;
  readonly #state = new GuardedState();
  readonly #batch = new Uint8Array(MAX_BATCH_RECORDS * GUARD_RECORD_BYTES);
  #batchBytes = 0;
  #child: ChildProcess | undefined;
  #starts = 0;
  #closed: Promise<void> | undefined;

  constructor(options: KeyGuardOptions) {
    this.#options = options;
  }

  /** The guard's process id while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the process unless it runs; a restarted one is told of everything that is held. */
  start(): void {
    if (this.#child !== undefined || this.#closed !== undefined || this.#starts === MAX_STARTS)
      return;
    this.#starts++;
    const main = fileURLToPath(
      new URL(`./key-guard-main${extname(import.meta.url)}`, import.meta.url),
    );
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = spawn(
      process.execPath,
      ["--max-semi-space-size=1", main, this.#options.backend, this.#options.display ?? ""],
      // A session of its own keeps it out of reach of signals to this process's group.
      { stdio: ["pipe", "ignore", "ignore"], detached: true, windowsHide: true, env },
    );
    this.#child = child;
    const lost = (): void => {
      if (this.#child !== child) return;
      this.#child = undefined;
      if (this.#closed !== undefined) return;
      if (this.#starts === MAX_STARTS) this.#options.onLost?.();
      else if (this.#state.held().length > 0) this.start();
    };
    child.once("exit", lost);
    child.once("error", lost);
    child.stdin?.on("error", lost);
    // The guard must not keep this process alive.
    child.unref();
    (child.stdin as (Writable & { unref?(): void }) | null)?.unref?.();
    const held = this.#state.held();
    const replay = new Uint8Array(held.length * GUARD_RECORD_BYTES);
    let at = 0;
    for (const { target, code } of held) at = writeGuardRecord(replay, at, target, code, true);
    if (at > 0) child.stdin?.write(replay);
  }

  /** Notes a press or release; it goes to the guard with `flush`. */
  note(target: GuardTarget, code: number, down: boolean): void {
    if (this.#batchBytes === this.#batch.length) this.flush();
    this.#batchBytes = writeGuardRecord(this.#batch, this.#batchBytes, target, code, down);
  }

  /** Tells the guard what was noted; never waits. */
  flush(): void {
    if (this.#batchBytes === 0) return;
    this.start();
    const records = this.#batch.slice(0, this.#batchBytes);
    this.#batchBytes = 0;
    this.#state.receive(records);
    this.#child?.stdin?.write(records);
  }

  /** Ends the guard, which releases what is still held; resolves when it is gone. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      const child = this.#child;
      if (child === undefined) return resolve();
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
      child.ref();
      child.stdin?.end();
    });
    return this.#closed;
  }
}
