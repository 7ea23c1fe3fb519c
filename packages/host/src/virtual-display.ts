import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Size } from "@wavry/rift-core";
import { childrenOf, windowName, XConnection } from "@wavry/x11";
import { type GuardedChild, startGuarded } from "./guarded-child.ts";
import { makeGuardedDirectory } from "./guarded-directory.ts";
import { VirtualDisplayError } from "./virtual-display-error.ts";
import { writeXAuthority } from "./x-authority.ts";

const START_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 20;
/** The title that the terminal's window keeps. */
const TERMINAL_TITLE = "Wavry terminal";

/** What a virtual display is made of. */
export interface VirtualDisplayOptions {
  /** In pixels. */
  readonly size: Size;
  /** With openbox, so that windows can be moved and resized. */
  readonly windowManager: boolean;
  /** With an xterm, so that there is something to control. */
  readonly terminal: boolean;
  /** The folder in which the terminal's shell starts; default the user's home. */
  readonly terminalDirectory?: string | undefined;
  /** A folder in which the server keeps its screen as the file `Xvfb_screen0` (XWD); the caller's own. */
  readonly framebufferDirectory?: string | undefined;
}

/** An X server of our own with what runs on it; disposing ends it all. */
export interface VirtualDisplay extends AsyncDisposable {
  /** Its name, such as ":7". */
  readonly display: string;
  /** The X authority file that clients need, for $XAUTHORITY. */
  readonly authority: string;
  /** What a program needs to find it; `Object.assign(process.env, …)` for this process itself. */
  readonly environment: { readonly DISPLAY: string; readonly XAUTHORITY: string };
  /** Process ids of the server, the window manager and the terminal, in this order, as far as asked for. */
  readonly pids: readonly number[];
  /** Resolves once the server is gone, by itself or by disposal. */
  readonly closed: Promise<void>;
}

/**
 * Starts Xvfb with a cookie of its own and no TCP port, and what is to run on it; resolves once the terminal's window
 * stands. Nothing of it outlives this process. Call it on the main thread. Rejects with VirtualDisplayError.
 */
export async function startVirtualDisplay(options: VirtualDisplayOptions): Promise<VirtualDisplay> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(makeGuardedDirectory("wavry-display-"));
  const authority = join(directory.path, "authority");
  writeXAuthority(authority, randomBytes(16));
  const server = stack.use(startServer(options, authority));
  const display = await displayNumber(server);
  const environment = { DISPLAY: display, XAUTHORITY: authority };
  const pids = [server.pid];
  const start = (program: string, debianPackage: string, words: readonly string[]): void => {
    const child = startGuarded(program, {
      arguments: words,
      environment: { ...utf8Environment(childEnvironment()), ...environment },
      directory: options.terminalDirectory ?? homedir(),
      debianPackage,
    });
    pids.push(stack.use(child).pid);
  };
  if (options.windowManager) {
    const ready = join(directory.path, "window-manager-ready");
    start("openbox", "openbox", ["--sm-disable", "--startup", `touch '${ready}'`]);
    // A window that opens while openbox takes the display over may never be shown.
    await until(() => existsSync(ready), "the window manager did not start");
  }
  if (options.terminal) {
    start("xterm", "xterm", [
      ...["-title", TERMINAL_TITLE, "-xrm", "XTerm*allowTitleOps: false"],
      ...["-u8", "-fa", "DejaVu Sans Mono", "-fs", "11", "-bg", "black", "-fg", "gray90"],
      ...["-geometry", "100x30+40+40"],
    ]);
    await terminalWindow(options, environment);
  }
  const owned = stack.move();
  return {
    display,
    authority,
    environment,
    pids,
    closed: server.gone,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function startServer(options: VirtualDisplayOptions, authority: string): GuardedChild {
  const { width, height } = options.size;
  const framebuffer = options.framebufferDirectory;
  return startGuarded("Xvfb", {
    arguments: [
      ...["-displayfd", "3", "-screen", "0", `${width}x${height}x24`, "-auth", authority],
      ...["-nolisten", "tcp", "-noreset", "-s", "0"],
      ...(framebuffer === undefined ? [] : ["-fbdir", framebuffer]),
    ],
    environment: childEnvironment(),
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    debianPackage: "xvfb",
  });
}

/** What the server writes to descriptor 3 once it takes clients. */
async function displayNumber(server: GuardedChild): Promise<string> {
  let complaint = "";
  let answer = "";
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  server.process.stderr?.on("data", (data) => {
    complaint = (complaint + String(data)).slice(-2000);
  });
  server.process.stdio[3]?.on("data", (data) => {
    answer += String(data);
    if (answer.endsWith("\n")) resolve();
  });
  await withDeadline(Promise.race([ready, server.gone]));
  if (/^\d+\n$/.test(answer)) return `:${answer.trim()}`;
  // What the server said may arrive after the news of its end.
  await sleep(LOOK_EVERY_MS);
  throw new VirtualDisplayError(
    "server-failed",
    `Xvfb did not start${complaint === "" ? "" : `; it says: ${complaint.trim()}`}`,
  );
}

/** Resolves when `promise` does, or after the time that a start may take. */
async function withDeadline(promise: Promise<void>): Promise<void> {
  const abort = new AbortController();
  const deadline = sleep(START_TIMEOUT_MS, undefined, { signal: abort.signal }).catch(() => {});
  await Promise.race([promise, deadline]);
  abort.abort();
}

/** Waits for the terminal's window, inside the window manager's frame if there is one. */
async function terminalWindow(
  options: VirtualDisplayOptions,
  environment: VirtualDisplay["environment"],
): Promise<void> {
  using connection = connect(environment);
  await until(() => {
    const top = childrenOf(connection, connection.root);
    const windows = options.windowManager ? top.flatMap((w) => childrenIfAny(connection, w)) : top;
    return windows.some((window) => nameIfAny(connection, window) === TERMINAL_TITLE);
  }, "the terminal did not open");
}

/** Waits for a condition; VirtualDisplayError "window-missing" with `complaint` if it does not come true in time. */
async function until(condition: () => boolean, complaint: string): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > deadline)
      throw new VirtualDisplayError(
        "window-missing",
        `${complaint} within ${START_TIMEOUT_MS / 1000} s`,
      );
    await sleep(LOOK_EVERY_MS);
  }
}

/** libxcb finds the cookie through the environment alone, so that it is lent to it for the call. */
function connect(environment: VirtualDisplay["environment"]): XConnection {
  const before = process.env.XAUTHORITY;
  process.env.XAUTHORITY = environment.XAUTHORITY;
  try {
    return XConnection.open(environment.DISPLAY);
  } finally {
    if (before === undefined) delete process.env.XAUTHORITY;
    else process.env.XAUTHORITY = before;
  }
}

/** Windows come and go between two questions; one that has gone has no children and no name. */
function childrenIfAny(connection: XConnection, window: number): number[] {
  return orElse([], connection, () => childrenOf(connection, window));
}

function nameIfAny(connection: XConnection, window: number): string {
  return orElse("", connection, () => windowName(connection, window));
}

function orElse<T>(fallback: T, connection: XConnection, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (connection.isClosed) throw error;
    return fallback;
  }
}

/** Our environment without what npm and another display put there. */
function childEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^npm_|^(?:INIT_CWD|DISPLAY|XAUTHORITY|WAYLAND_DISPLAY|WINDOWID)$/.test(name),
  );
  return Object.fromEntries(entries);
}

/** The environment with a locale of UTF-8, where it has none: a terminal takes no other text otherwise. */
function utf8Environment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { LC_ALL, LC_CTYPE, LANG } = environment;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((name) => name !== undefined && name !== "");
  if (/utf-?8/i.test(locale ?? "")) return environment;
  // LC_ALL would outrank it.
  const { LC_ALL: _, ...rest } = environment;
  return { ...rest, LC_CTYPE: "C.UTF-8" };
}
