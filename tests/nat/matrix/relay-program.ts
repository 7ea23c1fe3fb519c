import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { type NetNamespace, type RunningProgram, SERVER_ADDRESSES } from "../lab/index.ts";
import { runNode } from "./remote.ts";

const WAVRY = resolve(import.meta.dirname, "../../../apps/cli/bin/wavry.js");
const FIRST_PORT = 4000;

/** How a relay is started. */
export interface RelayOptions {
  readonly namespace: NetNamespace;
  /** A file that stands for /etc/hosts. */
  readonly hosts: string;
  readonly env: Readonly<Record<string, string>>;
  /** WAVRY_HOME, where its key is. */
  readonly home: string;
  /** 0 and on: its port follows from it. */
  readonly index: number;
  readonly gateway: string;
  /** Undefined: UDP alone. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly name: string } | undefined;
  /** TCP; `tls.name` names port 443. */
  readonly tlsPort: number;
}

/** A `wavry relay` of one home, which may be killed and started again. Dispose ends it. */
export class RelayProgram implements AsyncDisposable {
  /** Wavry ID. */
  readonly id: string;
  readonly #options: RelayOptions;
  #running: RunningProgram | undefined;

  constructor(id: string, options: RelayOptions) {
    this.id = id;
    this.#options = options;
  }

  /** Starts it unless it runs; resolves when its gateway has taken it into the fleet. */
  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    const running = runRelay(this.#options);
    this.#running = running;
    for await (const line of createInterface({ input: running.child.stdout }))
      if (/"fleet"/.test(line) && /"state"/.test(line)) {
        running.child.stdout.resume();
        return;
      }
    throw new Error(`the relay ended with ${await running.exited}: ${running.complaints}`);
  }

  /** As a machine that loses its power. */
  async kill(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.child.kill("SIGKILL");
    await running?.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What it could hand over to is being ended, too.
    await this.kill();
  }
}

function runRelay({ namespace, hosts, env, home, index, gateway, tls, tlsPort }: RelayOptions) {
  const port = FIRST_PORT + 10 * index;
  const { ipv4, ipv6 } = SERVER_ADDRESSES;
  return runNode({
    ...{ namespace, hosts, program: WAVRY },
    env: { ...env, WAVRY_HOME: home },
    args: [
      ...["relay", "--json", "--gateway", gateway, "--no-health"],
      ...["--listen", `${port}`, "--threads", "1"],
      ...["--public", `${ipv4[0]}:${port}`, "--public", `[${ipv6[0]}]:${port}`],
      ...(tls === undefined
        ? []
        : [
            ...["--tls-cert", tls.cert, "--tls-key", tls.key],
            ...["--tls-listen", `${tlsPort}`, "--tls-name", `${tls.name}:443`],
          ]),
    ],
  });
}
