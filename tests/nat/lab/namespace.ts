import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { RunningProgram, type RunOptions } from "./run-in.ts";
import { labEnvironment, runToEnd } from "./shell.ts";

/** What a namespace is to have. */
export interface NetSetup {
  /** Commands of ip(8). */
  readonly ip?: readonly string[];
  /** Rules of nft(8). */
  readonly nftables?: string;
  /** Files below /proc/sys/net, of this namespace alone; a name that ends in `?` may be missing. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/**
 * A network namespace without a name. It lives as long as a process in it does: one that waits for the end of its
 * stdin, which comes with the end of this process however it ends.
 */
export class NetNamespace implements AsyncDisposable {
  /** For messages. */
  readonly title: string;
  readonly #holder: ChildProcess;
  readonly #enter: readonly string[];
  readonly #programs = new Set<RunningProgram>();

  private constructor(title: string, holder: ChildProcess, enter: readonly string[]) {
    this.title = title;
    this.#holder = holder;
    this.#enter = enter;
  }

  /** Makes the first namespace; without root it is in a user namespace of its own, where this user is root. */
  static async openFirst(title: string): Promise<NetNamespace> {
    const isRoot = process.getuid?.() === 0;
    const make = isRoot ? ["unshare", "--net"] : ["unshare", "--user", "--map-root-user", "--net"];
    return NetNamespace.#open(title, make, isRoot ? [] : ["--user", "--preserve-credentials"]);
  }

  /** Makes another one with the same owner, so that links can lead from one to the other. */
  async openSibling(title: string): Promise<NetNamespace> {
    const users = this.#enter.includes("--user") ? ["--user", "--preserve-credentials"] : [];
    const enter = users.length === 0 ? [] : ["nsenter", "--target", `${this.pid}`, ...users, "--"];
    return NetNamespace.#open(title, [...enter, "unshare", "--net"], users);
  }

  static async #open(
    title: string,
    make: readonly string[],
    users: readonly string[],
  ): Promise<NetNamespace> {
    const [command = "", ...rest] = [
      ...make,
      "--",
      "sh",
      "-c",
      "ip link set lo up && echo ready && exec cat",
    ];
    const holder = spawn(command, rest, { env: labEnvironment(), stdio: "pipe" });
    let complaints = "";
    holder.stderr.setEncoding("utf8").on("data", (text) => {
      complaints += text;
    });
    holder.stdin.on("error", () => {});
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    holder.stdout.once("data", () => resolve());
    holder.once("error", reject);
    holder.once("close", () => reject(new Error(`${command} failed: ${complaints.trim()}`)));
    await promise;
    const enter = ["nsenter", "--target", `${holder.pid}`, ...users, "--net", "--"];
    return new NetNamespace(title, holder, enter);
  }

  /** A process inside, for `nsenter --target PID --net` and `ip link set … netns PID`. */
  get pid(): number {
    if (this.#holder.pid === undefined) throw new Error("the namespace has no process");
    return this.#holder.pid;
  }

  /** The words before a command that run it inside. */
  get enterWords(): readonly string[] {
    return this.#enter;
  }

  /** Runs a short command inside to its end; gives its stdout. */
  run(words: readonly string[], input = ""): Promise<string> {
    return runToEnd([...this.#enter, ...words], input);
  }

  /** Sets things up inside, in the order of the fields, with one shell. */
  async configure({ ip = [], nftables = "", settings = {} }: NetSetup): Promise<void> {
    const script: string[] = [];
    if (ip.length > 0) script.push("ip -batch - <<'END'", ...ip, "END");
    if (nftables !== "") script.push("nft -f - <<'END'", nftables, "END");
    for (const [path, value] of Object.entries(settings)) {
      const file = `/proc/sys/net/${path.replace(/\?$/, "")}`;
      const guard = path.endsWith("?") ? `test ! -e ${file} || ` : "";
      script.push(`${guard}echo ${value} > ${file}`);
    }
    await this.run(["sh", "-e"], `${script.join("\n")}\n`);
  }

  /** Starts a program inside; see `runIn`. */
  start(program: string, args: readonly string[], options: RunOptions = {}): RunningProgram {
    const running = new RunningProgram([...this.#enter], program, args, options);
    this.#programs.add(running);
    void running.exited.then(() => this.#programs.delete(running));
    return running;
  }

  /** Ends the programs inside; with the last process go the interfaces, and the other ends of its links. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#programs].map((program) => program[Symbol.asyncDispose]()));
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const ended = once(this.#holder, "exit");
    this.#holder.kill("SIGKILL");
    await ended;
  }
}
