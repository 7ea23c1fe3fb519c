import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askStun } from "../../src/node/index.ts";

const START_ATTEMPTS = 4;
const START_MS = 30_000;

/** Undefined where a program of coturn is installed, else why a test is skipped. */
export function without(program: string): string | false {
  return spawnSync(program, ["--help"], { stdio: "ignore" }).error === undefined
    ? false
    : "coturn is not installed: apt-get install coturn";
}

/** Debian's coturn as a STUN server on the loopback interface. */
export class Coturn implements AsyncDisposable {
  readonly port: number;
  readonly otherPort: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, port: number, otherPort: number) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
    this.otherPort = otherPort;
  }

  /** Resolves once it answers on each of the addresses; with two of one family it does what RFC 5780 says. */
  static async start(addresses: readonly string[]): Promise<Coturn> {
    let failure: unknown;
    // Another program may take a port between its choice and its use.
    for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
      const coturn = await Coturn.#spawn(addresses);
      try {
        for (const address of addresses) await coturn.#answersAt(address);
        return coturn;
      } catch (error) {
        failure = error;
        await coturn[Symbol.asyncDispose]();
      }
    }
    throw failure;
  }

  static async #spawn(addresses: readonly string[]): Promise<Coturn> {
    const folder = mkdtempSync(join(tmpdir(), "wavry-coturn-"));
    const [port, otherPort] = [await freeUdpPort(), await freeUdpPort()];
    const words = [
      ...["-n", "--stun-only", "--no-tcp", "--no-tls", "--no-dtls", "--no-cli"],
      ...addresses.map((address) => `--listening-ip=${address}`),
      ...[`--listening-port=${port}`, `--alt-listening-port=${otherPort}`],
      ...["--log-file=stdout", `--pidfile=${folder}/pid`, `--userdb=${folder}/db`],
    ];
    const child = spawn("turnserver", words, { stdio: "ignore", cwd: folder });
    child.on("error", () => {});
    return new Coturn(child, folder, port, otherPort);
  }

  async #answersAt(address: string): Promise<void> {
    const until = performance.now() + START_MS;
    const servers = [`stun:${address.includes(":") ? `[${address}]` : address}:${this.port}`];
    for (;;) {
      const [event] = await askStun({ servers });
      if (event?.type === "mapped") return;
      if (this.#child.exitCode !== null || this.#child.pid === undefined)
        throw new Error(`coturn ended with ${this.#child.exitCode}`);
      if (performance.now() > until) throw new Error(`coturn does not answer on ${address}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}
