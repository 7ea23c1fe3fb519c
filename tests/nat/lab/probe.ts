import { join } from "node:path";
import { createInterface } from "node:readline";
import type { NetNamespace } from "./namespace.ts";
import type { Endpoint, ProbeEvent, ProbeOrder } from "./probe-words.ts";
import { type RunningProgram, runIn } from "./run-in.ts";

const PROGRAM = join(import.meta.dirname, "probe-program.ts");
/** How long anything may take that is sure to come. */
const DEADLINE_MS = 20_000;
const AGAIN_MS = 100;

let texts = 0;

/** A text that no other message has. */
function newText(): string {
  return `probe ${++texts}`;
}

/** A UDP socket in a namespace. */
export class ProbeSocket {
  readonly local: Endpoint;
  readonly #send: (to: Endpoint, text: string) => void;
  readonly #got = new Map<string, Endpoint>();
  readonly #waiting = new Map<string, (from: Endpoint) => void>();

  /** Use `Probe.open`. */
  constructor(local: Endpoint, send: (to: Endpoint, text: string) => void) {
    this.local = local;
    this.#send = send;
  }

  /** Called by the probe with what arrived. */
  arrived(text: string, from: Endpoint): void {
    if (this.#got.has(text)) return;
    this.#got.set(text, from);
    this.#waiting.get(text)?.(from);
    this.#waiting.delete(text);
  }

  /** Sends one datagram once; gives its text. */
  send(to: Endpoint, text: string = newText()): string {
    this.#send(to, text);
    return text;
  }

  /** From where a text came; undefined: it did not arrive so far. */
  cameFrom(text: string): Endpoint | undefined {
    return this.#got.get(text);
  }

  /** Sends to an endpoint that is another probe's, as often as needed; gives from where it came there. */
  async reach(
    to: Endpoint,
    other: ProbeSocket,
    deadlineMs: number = DEADLINE_MS,
  ): Promise<Endpoint> {
    const text = newText();
    const { promise, resolve, reject } = Promise.withResolvers<Endpoint>();
    other.#waiting.set(text, resolve);
    const again = setInterval(() => this.#send(to, text), AGAIN_MS);
    const end = setTimeout(() => {
      const path = `${this.local.address}:${this.local.port} to ${to.address}:${to.port}`;
      reject(new Error(`nothing came through from ${path}`));
    }, deadlineMs);
    this.#send(to, text);
    try {
      return await promise;
    } finally {
      clearInterval(again);
      clearTimeout(end);
      other.#waiting.delete(text);
    }
  }
}

/** The probe program in a namespace. */
export class Probe implements AsyncDisposable {
  readonly #program: RunningProgram;
  readonly #sockets = new Map<number, ProbeSocket>();
  readonly #answers = new Map<number, PromiseWithResolvers<number>>();
  #orders = 0;
  #end: Error | undefined;

  private constructor(program: RunningProgram) {
    this.#program = program;
    createInterface({ input: program.child.stdout }).on("line", (line) =>
      this.#hear(JSON.parse(line) as ProbeEvent),
    );
    void program.exited.then((end) => {
      this.#end = new Error(`the probe ended (${end}): ${program.complaints}`);
      for (const answer of this.#answers.values()) answer.reject(this.#end);
    });
  }

  /** Starts one; its orders may be given at once. */
  static start(namespace: NetNamespace): Probe {
    return new Probe(runIn(namespace, process.execPath, [PROGRAM]));
  }

  /** Opens a UDP socket. Port 0, the default: any. */
  async open(address: string, port = 0): Promise<ProbeSocket> {
    const order = ++this.#orders;
    const got = await this.#ask({ do: "open", order, local: { address, port } });
    const socket = new ProbeSocket({ address, port: got }, (to, text) =>
      this.#tell({ do: "send", socket: order, to, text }),
    );
    this.#sockets.set(order, socket);
    return socket;
  }

  /** Accepts connections of TCP, and ends them. */
  async listen(local: Endpoint): Promise<void> {
    await this.#ask({ do: "listen", order: ++this.#orders, local });
  }

  /** Whether a connection of TCP comes about; false when it is refused or takes longer than `patienceMs`. */
  connects(to: Endpoint, patienceMs: number): Promise<boolean> {
    const order = this.#ask({ do: "connect", order: ++this.#orders, to, patienceMs });
    return order.then(
      () => true,
      () => false,
    );
  }

  async #ask(order: Exclude<ProbeOrder, { do: "send" }>): Promise<number> {
    if (this.#end !== undefined) throw this.#end;
    const answer = Promise.withResolvers<number>();
    this.#answers.set(order.order, answer);
    this.#tell(order);
    try {
      return await answer.promise;
    } finally {
      this.#answers.delete(order.order);
    }
  }

  #tell(order: ProbeOrder): void {
    this.#program.child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  #hear(event: ProbeEvent): void {
    if (event.event === "got") this.#sockets.get(event.socket)?.arrived(event.text, event.from);
    else if (event.event === "done") this.#answers.get(event.order)?.resolve(event.port);
    else this.#answers.get(event.order)?.reject(new Error(event.why));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }
}
