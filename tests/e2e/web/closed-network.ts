import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { CHROMIUM } from "./browser.ts";
import type { PortWish } from "./closed-network-inside.ts";
import { UdpRelay } from "./udp-relay.ts";

const INSIDE = join(import.meta.dirname, "closed-network-inside.ts");
/** Who is not root is it in there. */
const UNSHARE = ["--net", ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"])];
const ENTER = ["--net", ...(process.getuid?.() === 0 ? [] : ["--user", "--preserve-credentials"])];

/** Why there can be none on this machine; undefined: there can. */
export function closedNetworkObstacle(): string | undefined {
  if (process.platform !== "linux") return "there are network namespaces on Linux only";
  if (spawnSync("unshare", [...UNSHARE, "true"]).status === 0) return undefined;
  return "this user may not make network namespaces here";
}

/**
 * A network namespace with nothing but a loopback interface: whatever runs in there reaches nothing, except by the ports of
 * its 127.0.0.1 that are opened to the same ports of this machine's.
 */
export class ClosedNetwork implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #stack = new AsyncDisposableStack();

  private constructor(child: ChildProcess) {
    this.#child = child;
    const exited = once(child, "exit");
    this.#stack.defer(async () => {
      if (child.connected) child.disconnect();
      await exited;
    });
  }

  static async open(): Promise<ClosedNetwork> {
    const child = spawn("unshare", [...UNSHARE, process.execPath, INSIDE], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const network = new ClosedNetwork(child);
    const gone = once(child, "exit").then(() => {
      throw new Error("the network namespace could not be made");
    });
    gone.catch(() => {});
    await Promise.race([once(child, "message"), gone]);
    return network;
  }

  /** Has TCP connections to a port of 127.0.0.1 in there end at the same port here. */
  async openTcp(port: number): Promise<void> {
    const server = (await this.#handOut({ kind: "tcp", port })) as Server;
    this.#stack.defer(() => void server.close());
    server.on("connection", (inside) => {
      const outside = createConnection(port, "127.0.0.1");
      this.#stack.defer(() => void outside.destroy());
      this.#stack.defer(() => void inside.destroy());
      inside.pipe(outside).pipe(inside);
      inside.on("error", () => outside.destroy());
      outside.on("error", () => inside.destroy());
    });
  }

  /** Has datagrams to a port of 127.0.0.1 in there come to the same port here, and the answers back. */
  async openUdp(port: number): Promise<void> {
    const socket = (await this.#handOut({ kind: "udp", port })) as Socket;
    this.#stack.use(new UdpRelay(socket, port));
  }

  /** Chromium in there. */
  async startChromium(): Promise<Browser> {
    const folder = mkdtempSync(join(tmpdir(), "wavry-closed-"));
    this.#stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const executablePath = join(folder, "chromium");
    const enter = ["nsenter", `--target=${this.#child.pid}`, ...ENTER].join(" ");
    writeFileSync(executablePath, `#!/bin/sh\nexec ${enter} ${CHROMIUM.executablePath} "$@"\n`);
    chmodSync(executablePath, 0o700);
    const browser = await chromium.launch({
      ...{ ...CHROMIUM, executablePath },
      // In there everybody is root.
      args: ["--no-sandbox"],
    });
    this.#stack.defer(() => browser.close());
    return browser;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #handOut(wish: PortWish): Promise<unknown> {
    this.#child.send(wish);
    const [, handle] = await once(this.#child, "message");
    return handle;
  }
}
