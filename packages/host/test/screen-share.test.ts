import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { H264Decoder } from "@wavry/media";
import { readScreenUpdate, UpdateCodec } from "@wavry/rift-core";
import { startTestDisplay } from "@wavry/x11/testing";
import { ScreenShare, type Viewer } from "../src/screen-share.ts";

const PATIENCE_MILLIS = 60_000;
const SIZE = { width: 640, height: 480 };

/** Watches a share and notes the sizes of the coded pictures. */
class TestViewer implements Viewer, Disposable {
  readonly patches = true;
  readonly maxBitrateBps = undefined;
  readonly maxFps = undefined;
  scale = 1;
  /** Of keyframes, as "width×height". */
  readonly keyframes: string[] = [];
  readonly #decoder = new H264Decoder();

  nextFrameAt(): number {
    return 0;
  }

  onUpdate(bytes: Uint8Array): void {
    const update = readScreenUpdate(bytes);
    assert.deepEqual(update.screen, SIZE);
    if (update.codec !== UpdateCodec.h264) return;
    const { width, height } = this.#decoder.decode(update.payload);
    if (update.keyframe) this.keyframes.push(`${width}×${height}`);
  }

  onCursorShape(): void {}

  onCursorPosition(): void {}

  onResized(): void {}

  [Symbol.dispose](): void {
    this.#decoder[Symbol.dispose]();
  }
}

/** Asks for keyframes until one of this size comes to the viewer. */
async function untilShown(share: ScreenShare, viewer: TestViewer, size: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MILLIS;
  while (viewer.keyframes.at(-1) !== size) {
    assert.ok(performance.now() < deadline, `${viewer.keyframes} instead of ${size}`);
    share.requestKeyframe();
    await wait(20);
  }
}

test("the picture is as small as the narrowest path of all viewers asks for", async () => {
  await using display = await startTestDisplay(SIZE);
  await using share = await ScreenShare.start({
    display: display.display,
    bitrateBps: 10_000_000,
    maxFps: 60,
    onResized: () => {},
    onEnded: (error) => assert.fail(error),
  });
  using near = new TestViewer();
  using far = new TestViewer();
  share.add(near);
  await untilShown(share, near, "640×480");

  far.scale = 0.5;
  share.add(far);
  await untilShown(share, near, "320×240");
  await untilShown(share, far, "320×240");

  far.scale = 0.75;
  near.scale = 0.8;
  share.followPaths();
  await untilShown(share, far, "480×360");

  far.scale = 1;
  near.scale = 0.1;
  share.applyWishes();
  await untilShown(share, far, "320×240");

  share.remove(near);
  await untilShown(share, far, "640×480");
  const sizes = near.keyframes.filter((size, index, all) => size !== all[index - 1]);
  assert.deepEqual(sizes, ["640×480", "320×240", "480×360", "320×240"]);
});
