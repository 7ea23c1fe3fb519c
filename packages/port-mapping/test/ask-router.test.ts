import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { PCP_MAP_BYTES, PortMappingError, pcpMapping, pmpMapping } from "@wavry/port-mapping";

/** Never in the way of a test. */
const NEVER: AbortSignal = new AbortController().signal;
const LIFETIME_AT = 4;

/** A router on the loopback that says to each request what it is told to. */
class TestRouter implements AsyncDisposable {
  readonly requests: Uint8Array[] = [];
  readonly port: number;
  readonly #socket: Socket;

  static async open(
    answer: (request: Uint8Array, count: number) => readonly Uint8Array[],
  ): Promise<TestRouter> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new TestRouter(socket, answer);
  }

  private constructor(
    socket: Socket,
    answer: (request: Uint8Array, count: number) => readonly Uint8Array[],
  ) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on("message", (request: Uint8Array, from) => {
      this.requests.push(request);
      for (const bytes of answer(request, this.requests.length))
        socket.send(bytes, from.port, from.address);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

/** As a router grants it: the port outside is 5001 of 203.0.113.9. */
function grant(request: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(PCP_MAP_BYTES);
  bytes.set(request);
  bytes[1] = 0x81;
  bytes.fill(0, 8, 24);
  bytes.set([0x13, 0x89], 42);
  bytes.set([203, 0, 113, 9], 56);
  return bytes;
}

function refusal(request: Uint8Array): Uint8Array {
  const bytes = grant(request);
  bytes[3] = 2;
  return bytes;
}

test("a port is asked for, told, and given back at the end with the same nonce", async () => {
  await using router = await TestRouter.open((request) => [grant(request)]);
  const { port: routerPort, requests } = router;
  const mapping = await pcpMapping({ router: "127.0.0.1", routerPort, port: 4200, signal: NEVER });
  assert.deepEqual([mapping.way, mapping.address, mapping.port], ["pcp", "203.0.113.9", 5001]);
  await Promise.all([mapping[Symbol.asyncDispose](), mapping[Symbol.asyncDispose]()]);
  assert.equal(requests.length, 2);
  const [asked, returned] = requests as [Uint8Array, Uint8Array];
  assert.deepEqual([...asked.subarray(20, 24)], [127, 0, 0, 1]);
  assert.deepEqual([...returned.subarray(LIFETIME_AT, 8)], [0, 0, 0, 0]);
  assert.deepEqual(returned.subarray(24, 36), asked.subarray(24, 36));
});

test("it is asked again where nothing comes, or nothing that is meant for it", async () => {
  const another = (request: Uint8Array): Uint8Array => {
    const bytes = grant(request);
    bytes[24]! ^= 1;
    return bytes;
  };
  await using router = await TestRouter.open((request, count) =>
    count === 1 ? [new Uint8Array(3), another(request), request] : [grant(request)],
  );
  const { port: routerPort } = router;
  await using mapping = await pcpMapping({
    ...{ router: "127.0.0.1", routerPort, port: 4200, signal: NEVER },
  });
  assert.equal(mapping.port, 5001);
  assert.equal(router.requests.length, 2);
});

test("a refusal is told at once, silence after a while, and an end when it is wished", async () => {
  await using refusing = await TestRouter.open((request) => [refusal(request)]);
  await using silent = await TestRouter.open(() => []);
  const ask = (routerPort: number, signal = NEVER) =>
    pcpMapping({ router: "127.0.0.1", routerPort, port: 4200, signal });
  const isCode = (code: string) => (error: unknown) =>
    error instanceof PortMappingError && error.code === code;
  await assert.rejects(ask(refusing.port), isCode("refused"));
  assert.equal(refusing.requests.length, 1);
  await assert.rejects(ask(silent.port), isCode("no-answer"));
  assert.equal(silent.requests.length, 3);
  const end = new AbortController();
  const asking = ask(silent.port, end.signal);
  end.abort(new Error("not needed any more"));
  await assert.rejects(asking, /not needed any more/);
  await assert.rejects(ask(silent.port, end.signal), /not needed any more/);
});

test("NAT-PMP asks for the port and for the address outside, and gives the port back", async () => {
  await using router = await TestRouter.open((request) => [
    Uint8Array.fromHex(
      request[1] === 0 ? "008000000000002acb007109" : "008100000000002a1068138900000e10",
    ),
  ]);
  const { port: routerPort, requests } = router;
  const mapping = await pmpMapping({ router: "127.0.0.1", routerPort, port: 4200, signal: NEVER });
  assert.deepEqual([mapping.way, mapping.address, mapping.port], ["nat-pmp", "203.0.113.9", 5001]);
  await mapping[Symbol.asyncDispose]();
  const returned = Buffer.from("000100001068000000000000", "hex");
  assert.ok(returned.equals(requests.at(-1)!));
});
