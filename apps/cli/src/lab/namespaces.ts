import { spawnSync } from "node:child_process";
import { CommandError } from "../exit-code.ts";
import { Tun } from "./tun.ts";

/** The addresses of the two ends. */
export const HOST_ADDRESS = "10.77.0.1";
export const CLIENT_ADDRESS = "10.77.0.2";

/** Two network namespaces, each with one interface whose packets come to this process. Disposing removes them. */
export class LabNamespaces implements Disposable {
  readonly host: string;
  readonly client: string;
  #hostTun: Tun | undefined;
  #clientTun: Tun | undefined;
  readonly #added: string[] = [];

  /** Makes `NAME-host` and `NAME-client`. Throws CommandError. */
  constructor(name: string) {
    this.host = `${name}-host`;
    this.client = `${name}-client`;
    if (process.platform !== "linux" || process.getuid?.() !== 0)
      throw new CommandError("network namespaces need Linux and root; use wavry lab link instead");
    try {
      this.#hostTun = this.#add(this.host, "h", HOST_ADDRESS);
      this.#clientTun = this.#add(this.client, "c", CLIENT_ADDRESS);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Of the interface in the host's namespace, and in the client's. */
  get fds(): { hostFd: number; clientFd: number } {
    if (this.#hostTun === undefined || this.#clientTun === undefined)
      throw new Error("the namespaces are gone");
    return { hostFd: this.#hostTun.fd, clientFd: this.#clientTun.fd };
  }

  [Symbol.dispose](): void {
    this.#hostTun?.[Symbol.dispose]();
    this.#clientTun?.[Symbol.dispose]();
    this.#hostTun = undefined;
    this.#clientTun = undefined;
    for (const namespace of this.#added.splice(0)) run(["netns", "del", namespace], true);
  }

  #add(namespace: string, letter: string, address: string): Tun {
    run(["netns", "add", namespace]);
    this.#added.push(namespace);
    // A name of 15 letters at most that no other lab uses; it is another one inside.
    const outside = `wl${letter}${process.pid}`;
    const tun = new Tun(outside);
    try {
      run(["link", "set", outside, "netns", namespace, "name", "lab"]);
      run(["-n", namespace, "link", "set", "lab", "addrgenmode", "none"], true);
      run(["-n", namespace, "addr", "add", `${address}/24`, "dev", "lab"]);
      run(["-n", namespace, "link", "set", "lab", "up"]);
      run(["-n", namespace, "link", "set", "lo", "up"]);
    } catch (error) {
      tun[Symbol.dispose]();
      throw error;
    }
    return tun;
  }
}

function run(words: readonly string[], mayFail = false): void {
  const { status, stderr, error } = spawnSync("ip", words, { encoding: "utf8" });
  if (status === 0 || mayFail) return;
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT")
    throw new CommandError("the program ip is missing: install iproute2");
  const why = (stderr ?? "").trim() || error?.message || `exit code ${status}`;
  throw new CommandError(`ip ${words.join(" ")} failed: ${why}`);
}
