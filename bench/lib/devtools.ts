/** Chromium's DevTools protocol over two pipes (`--remote-debugging-pipe`): JSON messages, each ended by a zero byte. */
import type { Readable, Writable } from "node:stream";

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Call {
  readonly method: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The browser's side of the protocol; it says nothing by itself that is listened to. */
export class DevTools {
  readonly #commands: Writable;
  readonly #calls = new Map<number, Call>();
  #nextId = 1;
  #isClosed = false;

  constructor(commands: Writable, replies: Readable) {
    this.#commands = commands;
    let rest: Buffer[] = [];
    replies.on("data", (chunk: Buffer) => {
      let from = 0;
      for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, from)) {
        rest.push(chunk.subarray(from, end));
        this.#take(JSON.parse(Buffer.concat(rest).toString()));
        rest = [];
        from = end + 1;
      }
      rest.push(chunk.subarray(from));
    });
    const closed = () => this.#close();
    replies.once("end", closed).once("error", closed).once("close", closed);
    commands.once("error", closed);
  }

  /** Calls a method, of a session (`Target.attachToTarget`) if one is named. Rejects with the browser's words. */
  call<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    if (this.#isClosed) return Promise.reject(new Error(`the browser is gone: ${method}`));
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#calls.set(id, { method, resolve: (result) => resolve(result as T), reject });
    this.#commands.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return promise;
  }

  #take({ id, result, error }: Reply): void {
    if (id === undefined) return;
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(`${call.method}: ${error.message}`));
  }

  #close(): void {
    this.#isClosed = true;
    for (const { method, reject } of this.#calls.values())
      reject(new Error(`the browser is gone: ${method}`));
    this.#calls.clear();
  }
}
