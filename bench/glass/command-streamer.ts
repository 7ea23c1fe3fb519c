/** A streamer that is two command lines. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { monotonicMicros } from "../lib/clock.ts";
import { OwnedProcess, whenOneEnds } from "../lib/processes.ts";
import type { RunningStreamer, Streamer, StreamerOptions } from "./streamer.ts";

/** A command line in which `{name}` stands for a value of this run. */
export type CommandTemplate = readonly string[];

/** Two command lines; the one that listens is started first. */
export interface CommandPair {
  readonly name: string;
  readonly debianPackages: readonly string[];
  readonly host: CommandTemplate;
  readonly client: CommandTemplate;
  readonly takesInput: boolean;
  readonly startsFirst: "host" | "client";
  /** Time that the first one gets to listen. */
  readonly headStartMillis: number;
  readonly hostEnv?: Readonly<Record<string, string>>;
  readonly clientEnv?: Readonly<Record<string, string>>;
}

/** Puts values into a template; RangeError if it names one that is not there. */
export function fillTemplate(
  template: CommandTemplate,
  values: Readonly<Record<string, string | number>>,
): string[] {
  return template.map((part) =>
    part.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new RangeError(`no value for {${name}}`);
      return String(value);
    }),
  );
}

/** A UDP (and most likely TCP) port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

function describeEnv(env: Readonly<Record<string, string>> | undefined): string[] {
  return Object.entries(env ?? {}).map(([name, value]) => `${name}=${value}`);
}

/** Makes a streamer of two command lines. */
export function commandStreamer(pair: CommandPair): Streamer {
  return {
    name: pair.name,
    takesInput: pair.takesInput,
    programs: [pair.host[0]!, pair.client[0]!],
    debianPackages: pair.debianPackages,
    commandLines: [
      ["host:  ", ...describeEnv(pair.hostEnv), ...pair.host].join(" "),
      ["client:", ...describeEnv(pair.clientEnv), ...pair.client].join(" "),
    ],
    start: (options) => startPair(pair, options),
  };
}

async function startPair(pair: CommandPair, options: StreamerOptions): Promise<RunningStreamer> {
  const values = {
    width: options.size.width,
    height: options.size.height,
    fps: options.fps,
    fourfoldFps: options.fps * 4,
    kbps: Math.round(options.bitrateBps / 1000),
    frameKbits: Math.ceil(options.bitrateBps / 1000 / options.fps),
    frameMillis: Math.ceil(1000 / options.fps),
    port: await freePort(),
    displayA: options.displayA.name,
    displayB: options.displayB.name,
  };
  const start = (template: CommandTemplate, display: string, env = {}) => {
    const [command, ...args] = fillTemplate(template, values);
    return OwnedProcess.start({ command: command!, args, env: { ...env, DISPLAY: display } });
  };
  const startHost = () => start(pair.host, options.displayA.name, pair.hostEnv);
  const startClient = () => start(pair.client, options.displayB.name, pair.clientEnv);
  const stack = new AsyncDisposableStack();
  try {
    const first = stack.use(await (pair.startsFirst === "host" ? startHost() : startClient()));
    await new Promise((resolve) => setTimeout(resolve, pair.headStartMillis));
    const connectedFrom = monotonicMicros();
    const second = stack.use(await (pair.startsFirst === "host" ? startClient() : startHost()));
    const [host, client] = pair.startsFirst === "host" ? [first, second] : [second, first];
    return {
      connectedFrom,
      hostPids: [host.pid],
      clientPids: [client.pid],
      failed: whenOneEnds({ host, client }),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
