/** What lies between the programs of a host and those of a client. */
import { spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { LoopbackMeter } from "./loopback.ts";
import { startWavry } from "./wavry-command.ts";

/** A way from host to client and back. */
export interface Network {
  /** Where the client's programs find what the host's programs listen on. */
  readonly hostAddress: string;
  /** Put in front of the command lines of each side's programs. */
  readonly hostPrefix: readonly string[];
  readonly clientPrefix: readonly string[];
  /** Starts to measure what goes over it, both ways together. */
  meter(): { kbps(): number };
}

/** Both sides on this machine, with nothing between them. */
export const LOOPBACK: Network = {
  hostAddress: "127.0.0.1",
  hostPrefix: [],
  clientPrefix: [],
  meter: () => new LoopbackMeter(),
};

/** A link of the lab between two network namespaces; dispose removes both. */
export type LabNetwork = Network & AsyncDisposable;

const READY_TIMEOUT_MILLIS = 15_000;

interface LinkReport {
  readonly event?: string;
  readonly host?: string;
  readonly client?: string;
  readonly hostAddress?: string;
  readonly forward?: { readonly deliveredBytes: number } | null;
  readonly backward?: { readonly deliveredBytes: number } | null;
}

/**
 * Opens the lab's link of that name (`wavry lab list`), which needs root: each side is in a namespace of its own, so
 * that every program, whatever it speaks, goes through the link and nothing around it. Its time begins with the first
 * packet.
 */
export async function openLabNetwork(profile: string): Promise<LabNetwork> {
  const name = `wb${process.pid}`;
  const link = await startWavry(["lab", "netns", profile, "--json", "--name", name], {});
  let delivered = { bytes: 0, atMillis: performance.now() };
  const ready = Promise.withResolvers<LinkReport>();
  const failed = (): void => ready.reject(new Error(`no link ${profile}: ${link.lastWords}`));
  const timer = setTimeout(failed, READY_TIMEOUT_MILLIS);
  void link.exited.then(failed);
  createInterface({ input: link.child.stdout! }).on("line", (line) => {
    const report: LinkReport = JSON.parse(line);
    if (report.event === "ready") ready.resolve(report);
    if (report.event !== "figures") return;
    const bytes = (report.forward?.deliveredBytes ?? 0) + (report.backward?.deliveredBytes ?? 0);
    delivered = { bytes, atMillis: performance.now() };
  });
  try {
    const { host = "", client = "", hostAddress } = await ready.promise;
    for (const namespace of [host, client]) addDefaultRoute(namespace);
    const prefix = (namespace: string) => ["ip", "netns", "exec", namespace];
    return {
      hostAddress: hostAddress!,
      hostPrefix: prefix(host),
      clientPrefix: prefix(client),
      meter() {
        const from = delivered;
        return {
          kbps: () => ((delivered.bytes - from.bytes) * 8) / (delivered.atMillis - from.atMillis),
        };
      },
      [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
    };
  } catch (error) {
    await link[Symbol.asyncDispose]();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Browsers only talk to others by the address that they would reach the world with. */
function addDefaultRoute(namespace: string): void {
  const words = ["-n", namespace, "route", "add", "default", "dev", "lab"];
  const { status, stderr } = spawnSync("ip", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${words.join(" ")} failed: ${stderr.trim()}`);
}
