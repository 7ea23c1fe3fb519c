import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { askDoor, type DoorAnswers, DoorError } from "@wavry/gateway/local";
import type { GatewayCredentials } from "@wavry/gateway-client/node";
import { CommandError, ExitCode } from "../exit-code.ts";
import type {
  LocalGatewayNews,
  LocalGatewayOrder,
  LocalGatewayWish,
} from "./local-gateway-messages.ts";

const PROGRAM = new URL("./local-gateway-process.ts", import.meta.url);
/** Then its process is killed. */
const END_MS = 6_000;

/** A link that signs its holder in to the local gateway, once. */
export type SignInLink = DoorAnswers["sign-in-link"];

/** The gateway of this machine, for its owner: started here, or one that ran on the same data already. */
export class LocalGateway implements AsyncDisposable {
  /** Called once if it ends by itself. */
  onEnded: (() => void) | undefined;
  readonly #process: ChildProcess;
  readonly #door: Promise<string>;
  #reused = false;
  #disposed: Promise<void> | undefined;

  /** Resolves once it is known whether one runs already: one that starts is waited for by what is asked of it. */
  static async start(wish: LocalGatewayWish): Promise<LocalGateway> {
    const child = fork(PROGRAM, [JSON.stringify(wish)], {
      // stdout is for this program's own results.
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: [],
    });
    const { first, last } = newsOf(child);
    const gateway = new LocalGateway(child, last);
    if ((await first).type !== "starting") await gateway.#door;
    return gateway;
  }

  private constructor(child: ChildProcess, news: Promise<LastNews>) {
    this.#process = child;
    this.#door = news.then((told) => {
      if (told.type === "failed") throw failureOf(told);
      this.#reused = told.reused;
      if (!told.reused)
        child.once("exit", () => {
          if (this.#disposed === undefined) this.onEnded?.();
        });
      return told.door;
    });
    // Who asks anything of it hears of that.
    this.#door.catch(() => {});
  }

  /** It was there before; disposing leaves it alone. */
  get reused(): boolean {
    return this.#reused;
  }

  /** Where it is. Rejects with CommandError, as all of these do; waits for one that starts. */
  about(): Promise<DoorAnswers["about"]> {
    return this.#ask({ ask: "about" });
  }

  /** A new link, which leads to a host; the one before is void. */
  signInLink(hostId: string): Promise<SignInLink> {
    return this.#ask({ ask: "sign-in-link", hostId });
  }

  /** Signs this machine in as a host, in place of its sign-in before. */
  async hostCredentials(label: string): Promise<GatewayCredentials> {
    const [{ url, issuer, key }, { token, username }] = await Promise.all([
      this.about(),
      this.#ask({ ask: "host-session", label }),
    ]);
    return { url, issuer, key, token, username };
  }

  /** Ends it, if it was started here. Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#stop();
    return this.#disposed;
  }

  async #stop(): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    const order: LocalGatewayOrder = { type: "stop" };
    // Where it cannot be told any more, it is ending already.
    if (child.connected) child.send(order, () => {});
    const kill = setTimeout(() => child.kill("SIGKILL"), END_MS);
    await exited;
    clearTimeout(kill);
  }

  async #ask<R extends Parameters<typeof askDoor>[1]>(request: R): Promise<DoorAnswers[R["ask"]]> {
    const door = await this.#door;
    try {
      return await askDoor(door, request);
    } catch (cause) {
      if (!(cause instanceof DoorError)) throw cause;
      const advice = await adviceFor(cause, door);
      throw new CommandError(advice, ExitCode.failed, { cause });
    }
  }
}

async function adviceFor({ code, message }: DoorError, door: string): Promise<string> {
  if (code === "has-accounts") {
    const { issuer } = await askDoor(door, { ask: "about" });
    return `this machine's gateway has accounts already: run wavry login ${issuer} and then wavry up --gateway, or wavry up --no-gateway`;
  }
  if (code === "no-gateway") return "the local gateway has ended; start wavry up again";
  return `the local gateway: ${message}`;
}

type LastNews = Exclude<LocalGatewayNews, { type: "starting" }>;

function failureOf({ message, usage }: LastNews & { type: "failed" }): CommandError {
  return usage
    ? new CommandError(message, ExitCode.usage)
    : new CommandError(`the local gateway cannot start: ${message}`);
}

function newsOf(child: ChildProcess): {
  readonly first: Promise<LocalGatewayNews>;
  readonly last: Promise<LastNews>;
} {
  const first = Promise.withResolvers<LocalGatewayNews>();
  const last = Promise.withResolvers<LastNews>();
  const tell = (news: LocalGatewayNews): void => {
    first.resolve(news);
    if (news.type !== "starting") last.resolve(news);
  };
  const fail = (message: string) => tell({ type: "failed", message, usage: false });
  child.on("message", (news) => tell(news as LocalGatewayNews));
  child.once("exit", (code, signal) => fail(`its process ended (${signal ?? code})`));
  child.on("error", ({ message }) => fail(message));
  return { first: first.promise, last: last.promise };
}
