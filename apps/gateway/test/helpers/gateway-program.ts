import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const MAIN = join(import.meta.dirname, "../../../cli/bin/wavry.js");

/** `wavry gateway` as operators run it, with settings from the environment. It ends with the scope. */
export interface GatewayProgram extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Where it listens. */
  readonly url: string;
  /** The token of the set-up link that it printed, where there is no administrator yet. */
  readonly setupToken: string | undefined;
  /** Ends it without warning. */
  kill(): Promise<void>;
}

interface Report {
  readonly event: string;
  readonly url: string;
}

/** Starts one on any free port of loopback; rejects if it ends instead. */
export async function startGatewayProgram(
  environment: Readonly<Record<string, string>>,
  options: { readonly setup?: boolean } = {},
): Promise<GatewayProgram> {
  const child = spawn(process.execPath, [MAIN, "gateway", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      PATH: process.env.PATH,
      HOME: "/nonexistent",
      WAVRY_GATEWAY_PORT: "0",
      WAVRY_GATEWAY_LOG_LEVEL: "silent",
      ...environment,
    },
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (event: string): Promise<Report> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`wavry gateway ended without ${event}`);
    const report = JSON.parse(value) as Report;
    if (report.event !== event) throw new Error(`${event} expected: ${value}`);
    return report;
  };
  const { url } = await next("listening");
  const link = options.setup ? await next("setup-link") : undefined;
  return {
    ...{ child, url, setupToken: link?.url.split("#link=")[1] },
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await gone;
    },
  };
}

/** Calls a gateway's API; throws what it says if that is no success. */
export async function callGateway<T>(
  url: string,
  call: {
    readonly method?: string;
    readonly path: string;
    readonly token?: string | undefined;
    readonly body?: object;
  },
): Promise<T> {
  const { method = "POST", path, token, body } = call;
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}
