/** What is measured: each is one process on one core, with sessions in it and ready to forward. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { createIdentity, decodeWavryId } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { residentBytes } from "../lib/process-times.ts";
import { OwnedDirectory, OwnedProcess } from "../lib/processes.ts";
import { startWavry } from "../lib/wavry-command.ts";
import { admit, type RelayUnderTest } from "./admit.ts";
import { compile } from "./compile.ts";
import { freePorts, type Places, type Ports, placesOf } from "./places.ts";
import { allocate, TURN_CHANNEL } from "./turn.ts";

/** The core of what is measured; the load is on the other one. */
export const RELAY_CORE = "0";
export const LOAD_CORE = "1";
export const DATAGRAM_BYTES = 1_200;
const READY_MILLIS = 10_000;

/** A running relay with sessions. */
export interface Contender extends AsyncDisposable {
  readonly name: string;
  readonly process: OwnedProcess;
  readonly ports: Ports;
  /** Lines for the load program. */
  readonly sources: readonly string[];
  /** Bytes in front of a datagram that are still there when it comes out. */
  readonly keptHead: number;
  /** Resident bytes that so many sessions took. */
  readonly sessionBytes: number;
  /** To bring more sessions in; Wavry's alone. */
  readonly relay?: RelayUnderTest;
}

/** How each is started. */
export const CONTENDERS: Readonly<Record<string, (sessions: number) => Promise<Contender>>> = {
  ffi: (sessions) => startRelay("ffi", sessions, 1),
  dgram: (sessions) => startRelay("dgram", sessions, 0),
  coturn: startCoturn,
  c: startYardstick,
};

async function startRelay(name: string, sessions: number, threads: number): Promise<Contender> {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(new OwnedDirectory());
  const gateway = createIdentity(suite);
  const process = stack.use(
    await startWavry(
      ["relay", "--json", "--no-health", "--drain", "0", "--listen", "127.0.0.1:0"].concat([
        "--threads",
        String(threads),
      ]),
      {
        WAVRY_HOME: home.path,
        WAVRY_RELAY_MASTER_PUBLIC_KEY: Buffer.from(gateway.identityKey).toString("base64url"),
      },
      ["taskset", "-c", RELAY_CORE],
    ),
  );
  const report = JSON.parse(await firstLine(process)) as {
    port: number;
    relayId: string;
    staticKey: string;
  };
  const relay = {
    port: report.port,
    identityKey: decodeWavryId(report.relayId)!,
    staticKey: new Uint8Array(Buffer.from(report.staticKey, "base64url")),
    gateway,
  };
  const ports = await freePorts();
  const before = residentBytes(process.pid);
  const sources: string[] = [];
  for (const places of placesOf(sessions)) {
    const { client } = await admit(relay, places, ports);
    sources.push(sourceLine(places, ports, relay.port, hex(0x4000_0000 + client)));
  }
  const sessionBytes = residentBytes(process.pid) - before;
  const owned = stack.move();
  return {
    ...{ name, process, ports, sources, keptHead: 4, sessionBytes, relay },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startCoturn(sessions: number): Promise<Contender> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(new OwnedDirectory());
  const { client: port } = await freePorts();
  const process = stack.use(
    await OwnedProcess.start({
      command: "taskset",
      args: [
        ...["-c", RELAY_CORE, "turnserver", "-n", "--no-auth", "--no-tcp", "--no-tls", "--no-dtls"],
        ...["--no-cli", "--no-tcp-relay", "--allow-loopback-peers", "--realm", "wavry.test"],
        ...["--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "-m", "1"],
        ...["--listening-port", String(port), "--log-file", "/dev/null", "--no-stdout-log"],
        ...["--pidfile", join(folder.path, "turn.pid"), "--userdb", join(folder.path, "turn.db")],
      ],
    }),
  );
  const ports = await freePorts();
  const places = placesOf(sessions);
  const peer = (one: Places) => ({ address: one.host, port: ports.host });
  const client = (one: Places) => ({ address: one.client, port: ports.client });
  await untilItAnswers(async () => {
    const [probe] = placesOf(1, 1) as [Places];
    await allocate(port, client(probe), peer(probe));
  });
  const before = residentBytes(process.pid);
  const head = hex(TURN_CHANNEL * 0x1_0000 + DATAGRAM_BYTES);
  for (const one of places) await allocate(port, client(one), peer(one));
  const sessionBytes = residentBytes(process.pid) - before;
  const sources = places.map((one) => sourceLine(one, ports, port, head));
  const owned = stack.move();
  return {
    ...{ name: "coturn", process, ports, sources, keptHead: 0, sessionBytes },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startYardstick(sessions: number): Promise<Contender> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(new OwnedDirectory());
  const program = compile("forward", folder.path);
  const ports = await freePorts();
  const places = placesOf(sessions);
  const routes = join(folder.path, "routes");
  const head = (i: number) => hex(0x4000_0000 + 0x9_d31 * (i + 1));
  const lines = places.map(
    ({ client, host }, i) =>
      `${head(i)} ${client} ${ports.client} ${head(i + sessions)} ${host} ${ports.host}\n`,
  );
  writeFileSync(routes, lines.join(""));
  const process = stack.use(
    await OwnedProcess.start({
      command: "taskset",
      args: ["-c", RELAY_CORE, program, "0", routes],
      readsStdout: true,
    }),
  );
  const port = Number((await firstLine(process)).split(" ")[1]);
  const sources = places.map((one, i) => sourceLine(one, ports, port, head(i)));
  const owned = stack.move();
  return {
    ...{ name: "c", process, ports, sources, keptHead: 4, sessionBytes: 0 },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function sourceLine({ client }: Places, ports: Ports, relayPort: number, head: string): string {
  return `${client} ${ports.client} 127.0.0.1 ${relayPort} ${head}\n`;
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}

async function firstLine(process: OwnedProcess): Promise<string> {
  const lines = createInterface({ input: process.child.stdout! });
  for await (const line of lines) return line;
  throw new Error(`${process.commandLine} ended: ${process.lastWords}`);
}

async function untilItAnswers(ask: () => Promise<void>): Promise<void> {
  const end = performance.now() + READY_MILLIS;
  for (;;)
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(100);
    }
}
