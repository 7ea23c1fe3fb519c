import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { join } from "node:path";
import { temporaryFolder, until } from "./temporary-folder.ts";
import { allocate } from "./turn-client.ts";

/** Debian's coturn, for one test. */
export interface TurnServer extends AsyncDisposable {
  /** UDP, on 127.0.0.1. */
  readonly port: number;
}

/** Whether coturn is installed. */
export function hasTurnServer(): boolean {
  return spawnSync("turnserver", ["--version"], { stdio: "ignore" }).error === undefined;
}

/** Starts coturn on loopback with a secret that it shares with a gateway; resolves once it answers. */
export async function startTurnServer(secret: string): Promise<TurnServer> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const port = await freeUdpPort();
  const words = [
    ...["-n", "--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--allow-loopback-peers"],
    ...["--listening-port", String(port), "--no-tcp", "--no-tls", "--no-dtls", "--no-cli"],
    ...["--use-auth-secret", "--static-auth-secret", secret, "--realm", "wavry.test"],
    ...["--log-file", "stdout", "--pidfile", join(folder.path, "turn.pid")],
    ...["--userdb", join(folder.path, "turn.db")],
  ];
  const child = spawn("turnserver", words, { stdio: "ignore", cwd: folder.path });
  stack.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  await until("coturn answers", async () => {
    if (child.exitCode !== null) throw new Error(`coturn ended with ${child.exitCode}`);
    return (await allocate({ port }).catch(() => undefined)) !== undefined;
  });
  const owned = stack.move();
  return { port, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}
