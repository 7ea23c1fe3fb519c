import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IceServer } from "../../src/index.ts";
import { until } from "./until.ts";

const SECRET = "a-secret-of-the-tests-which-is-long-enough";
const CREDENTIAL_SECONDS = 600;
const START_ATTEMPTS = 3;

/** True where coturn is installed. */
export const hasTurnServer: boolean = spawnSync("turnserver", ["--help"]).error === undefined;

/** coturn on the loopback interface, with short-lived credentials and a certificate of its own. */
export class TurnServer implements AsyncDisposable {
  readonly port: number;
  readonly tlsPort: number;
  /** Its certificate (PEM). */
  readonly certificate: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #log = "";

  private constructor(child: ChildProcess, folder: string, port: number, tlsPort: number) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
    this.tlsPort = tlsPort;
    this.certificate = readFileSync(join(folder, "certificate.pem"), "utf8");
    child.stdout?.on("data", (text) => {
      this.#log += text;
    });
  }

  static async start(): Promise<TurnServer> {
    let failure: unknown;
    // Another program may take a port between its choice and its use.
    for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
      const server = await TurnServer.#spawn();
      try {
        await until("coturn to listen", () => {
          if (server.#child.exitCode !== null) throw new Error(`coturn ended: ${server.#log}`);
          return /IPv4\. TLS.*listener opened on/s.test(server.#log);
        });
        return server;
      } catch (error) {
        failure = error;
        await server[Symbol.asyncDispose]();
      }
    }
    throw failure;
  }

  static async #spawn(): Promise<TurnServer> {
    const folder = mkdtempSync(join(tmpdir(), "wavry-turn-"));
    makeCertificate(folder);
    const [port, tlsPort] = await freePorts();
    const child = spawn(
      "turnserver",
      [
        ...["-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers"],
        ...[`--listening-port=${port}`, `--tls-listening-port=${tlsPort}`, "--no-dtls"],
        ...["--use-auth-secret", `--static-auth-secret=${SECRET}`, "--realm=wavry.test"],
        ...[`--cert=${folder}/certificate.pem`, `--pkey=${folder}/key.pem`],
        ...[`--pidfile=${folder}/pid`, "--log-file=stdout", "--simple-log", "--verbose"],
        ...[`--userdb=${folder}/db`, "--no-cli", "--no-rfc5780", "--relay-threads=1"],
      ],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    return new TurnServer(child, folder, port, tlsPort);
  }

  /** For one user, for ten minutes (draft-uberti-behave-turn-rest-00). */
  iceServer(transport: "udp" | "tcp" | "tls", user = "ada"): IceServer {
    const username = `${Math.floor(Date.now() / 1_000) + CREDENTIAL_SECONDS}:${user}`;
    const credential = createHmac("sha1", SECRET).update(username).digest("base64");
    const urls =
      transport === "tls"
        ? `turns:localhost:${this.tlsPort}?transport=tcp`
        : `turn:127.0.0.1:${this.port}?transport=${transport}`;
    return { urls, username, credential };
  }

  /** What who makes its credentials must know. */
  get secret(): string {
    return SECRET;
  }

  /** What it has logged so far. */
  get log(): string {
    return this.#log;
  }

  /** Stops it as it is; the network seems to be gone. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once("exit", resolve));
      this.#child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function makeCertificate(folder: string): void {
  const { status, stderr } = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
    ...["-keyout", join(folder, "key.pem"), "-out", join(folder, "certificate.pem")],
    ...["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
  ]);
  if (status !== 0) throw new Error(`openssl made no certificate: ${stderr}`);
}

async function freePorts(): Promise<[number, number]> {
  const servers = await Promise.all(
    [0, 1].map(
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  for (const server of servers) server.close();
  return [ports[0]!, ports[1]!];
}
