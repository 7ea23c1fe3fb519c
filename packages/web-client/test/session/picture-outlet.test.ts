import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MAX_UPDATE_BYTES } from "@wavry/rift-core";
import { PictureOutlet } from "../../src/session/picture-outlet.ts";
import type { PictureFeed, PictureNews } from "../../src/show/picture-messages.ts";

/** The end of a port, in one thread. */
class TestPort {
  onmessage: ((event: { data: PictureNews }) => void) | null = null;
  readonly sent: PictureFeed[] = [];
  isClosed = false;

  postMessage(feed: PictureFeed, transfer: ArrayBuffer[]): void {
    this.sent.push(structuredClone(feed, { transfer }));
  }

  close(): void {
    this.isClosed = true;
  }

  tell(news: PictureNews): void {
    this.onmessage?.({ data: news });
  }

  /** First byte of each update, with a mark where one is said to be missing before it. */
  get updates(): string[] {
    return this.sent.flatMap((feed) =>
      feed.type === "update" ? [`${feed.contiguous ? "" : "gap "}${feed.bytes[0]}`] : [],
    );
  }
}

const NOTHING = { shown: [], keyframe: false } as const;
const WHOLE = { contiguous: true, keyframe: false } as const;
const KEYFRAME = { contiguous: true, keyframe: true } as const;

describe("the session's end of the port to its pictures' thread", () => {
  function open() {
    const port = new TestPort();
    const asked: string[] = [];
    const shown: number[] = [];
    const outlet = new PictureOutlet(port as unknown as MessagePort, {
      onKeyframeNeeded: () => asked.push("keyframe"),
      onShown: ({ shownAt }) => shown.push(shownAt),
    });
    /** Pushes updates until one finds no room; how many there are. */
    const fill = (): number => {
      const before = outlet.dropped;
      let count = 0;
      for (; outlet.dropped === before; count++) outlet.push(Uint8Array.of(1), WHOLE);
      return count - 1;
    };
    return { port, outlet, asked, shown, fill };
  }

  it("hands copies on, as the bytes are only lent to it", () => {
    const { port, outlet } = open();
    const lent = Uint8Array.of(7, 8);
    outlet.push(lent, WHOLE);
    lent.fill(0);
    outlet.push(Uint8Array.of(9), { contiguous: false, keyframe: false });
    assert.deepEqual(port.updates, ["7", "gap 9"]);
  });

  it("holds few updates back, asks for a keyframe for each that it drops, and tells of the gap", () => {
    const { port, outlet, asked, fill } = open();
    const room = fill();
    assert.ok(room > 1 && room < 60, String(room));
    outlet.push(Uint8Array.of(2), KEYFRAME);
    assert.equal(asked.length, 2);
    assert.equal(port.updates.length, room);
    port.tell({ ...NOTHING, taken: 1 });
    outlet.push(Uint8Array.of(3), KEYFRAME);
    assert.equal(port.updates.at(-1), "gap 3");
    port.tell({ ...NOTHING, taken: 2 });
    outlet.push(Uint8Array.of(4), WHOLE);
    assert.equal(port.updates.at(-1), "4");
    assert.equal(outlet.dropped, 2);
  });

  it("has room again for as many as were taken, and no more where that is told twice or was never true", () => {
    const { port, fill } = open();
    const room = fill();
    port.tell({ ...NOTHING, taken: 5 });
    port.tell({ ...NOTHING, taken: 5 });
    assert.equal(fill(), 5);
    port.tell({ ...NOTHING, taken: 1e9 });
    assert.equal(fill(), room);
  });

  it("takes one update of any size, and no second one beyond what a thread that is late may hold", () => {
    const { outlet } = open();
    const large = new Uint8Array(MAX_UPDATE_BYTES);
    for (let count = 0; count < 3; count++) outlet.push(large, WHOLE);
    assert.equal(outlet.dropped, 1);
  });

  it("asks no host for a keyframe while one is on its way to the other thread", () => {
    const { port, outlet, asked } = open();
    outlet.push(Uint8Array.of(1), WHOLE);
    outlet.push(Uint8Array.of(2), KEYFRAME);
    port.tell({ ...NOTHING, taken: 1, keyframe: true });
    assert.deepEqual(asked, []);
    port.tell({ ...NOTHING, taken: 2, keyframe: true });
    assert.deepEqual(asked, ["keyframe"]);
  });

  it("tells what was shown", () => {
    const { port, shown, fill } = open();
    fill();
    const update = { capturedAt: 1, shownAt: 5, decodeMicros: 2 };
    port.tell({ ...NOTHING, taken: 3, shown: [update] });
    assert.deepEqual(shown, [5]);
    assert.equal(fill(), 3);
  });

  it("lets go of the port with the session", () => {
    const { port, outlet } = open();
    outlet[Symbol.dispose]();
    assert.equal(port.isClosed, true);
    assert.equal(port.onmessage, null);
  });
});
