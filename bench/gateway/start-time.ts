/** How long a server program takes from its spawn to its first answer. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { OwnedProcess } from "../lib/processes.ts";
import { call } from "./http-call.ts";
import type { Site } from "./site.ts";

const LOOK_EVERY_MILLIS = 2;
const START_MILLIS = 30_000;

/** Milliseconds to the first good /health of the site's program, which is ended then. */
export async function timeStart(site: Site, fresh: boolean): Promise<number> {
  const port = await freePort();
  const { args, env } = await site.launch(fresh);
  // The bare server takes its port as it is.
  const words = site.kind === "echo" ? [`${port}`] : ["--port", `${port}`];
  const start = performance.now();
  await using server = await OwnedProcess.start({
    command: process.execPath,
    args: [...args, ...words],
    env,
  });
  while (!(await isHealthy(port))) {
    if (!server.running) throw new Error(`it ended at once: ${server.lastWords}`);
    if (performance.now() - start > START_MILLIS) throw new Error("it does not start");
    await sleep(LOOK_EVERY_MILLIS);
  }
  return performance.now() - start;
}

async function isHealthy(port: number): Promise<boolean> {
  try {
    return (await call(false, `http://127.0.0.1:${port}/health`)).status === 200;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
