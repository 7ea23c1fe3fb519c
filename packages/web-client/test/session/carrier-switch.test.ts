import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Carrier } from "../../src/carriers/carrier.ts";
import { CarrierSwitch } from "../../src/session/carrier-switch.ts";

class TestCarrier implements Carrier {
  onDatagram: ((datagram: Uint8Array) => void) | undefined;
  readonly sent: number[] = [];
  readonly #end = Promise.withResolvers<string>();
  readonly closed: Promise<string> = this.#end.promise;
  isClosed = false;

  send(datagram: Uint8Array): void {
    this.sent.push(datagram[0] ?? -1);
  }

  close(): void {
    this.isClosed = true;
    this.#end.resolve("closed");
  }

  fail(reason: string): void {
    this.#end.resolve(reason);
  }
}

describe("the carriers of a session", () => {
  function open() {
    const received: number[] = [];
    const lost: string[] = [];
    const carriers = new CarrierSwitch({
      onDatagram: (datagram) => received.push(datagram[0] ?? -1),
      onLost: (carrier, reason) => lost.push(`${carrier} ${reason}`),
    });
    return { carriers, received, lost };
  }

  it("send over the one in use, and take what still comes over the one before", () => {
    const { carriers, received } = open();
    const [a, b] = [new TestCarrier(), new TestCarrier()];
    carriers.add(1, a);
    carriers.send(Uint8Array.of(1));
    carriers.use(1);
    carriers.send(Uint8Array.of(2));
    carriers.add(2, b);
    carriers.use(2);
    carriers.send(Uint8Array.of(3));
    a.onDatagram?.(Uint8Array.of(4));
    b.onDatagram?.(Uint8Array.of(5));
    assert.deepEqual([a.sent, b.sent, received], [[2], [3], [4, 5]]);
  });

  it("tell of one that was lost, and not of one that was closed here", async () => {
    const { carriers, lost } = open();
    const [a, b] = [new TestCarrier(), new TestCarrier()];
    carriers.add(1, a);
    carriers.add(2, b);
    carriers.use(1);
    a.fail("the network is gone");
    carriers.close(2);
    await Promise.all([a.closed, b.closed]);
    carriers.send(Uint8Array.of(1));
    assert.deepEqual([lost, a.sent, b.isClosed], [["1 the network is gone"], [], true]);
  });

  it("are all closed with the session", () => {
    const { carriers } = open();
    const all = [new TestCarrier(), new TestCarrier()];
    for (const [number, carrier] of all.entries()) carriers.add(number, carrier);
    carriers[Symbol.dispose]();
    assert.ok(all.every(({ isClosed }) => isClosed));
  });
});
