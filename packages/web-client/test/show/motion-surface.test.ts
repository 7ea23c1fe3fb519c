import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Rect, Size } from "@wavry/rift-core";
import { MotionSurface } from "../../src/show/motion-surface.ts";
import type { Surface } from "../../src/show/surface.ts";

const SCREEN: Size = { width: 320, height: 200 };
const WHOLE: Rect = { x: 0, y: 0, ...SCREEN };
const PART: Rect = { x: 16, y: 0, width: 32, height: 32 };
const FRAME_MILLIS = 16;

/** Pictures are told apart by a name; every clone has to be closed. */
class FakePicture {
  static open = 0;
  readonly displayWidth: number;
  readonly displayHeight: number;
  readonly name: string;
  #closed = false;

  constructor(name: string, { width, height }: Size = SCREEN) {
    this.name = name;
    this.displayWidth = width;
    this.displayHeight = height;
    FakePicture.open++;
  }

  clone(): FakePicture {
    assert.ok(!this.#closed, `${this.name} is closed`);
    return new FakePicture(this.name, { width: this.displayWidth, height: this.displayHeight });
  }

  close(): void {
    if (!this.#closed) FakePicture.open--;
    this.#closed = true;
  }
}

/** A motion surface between a still surface and a video that only note what they are given. */
class Scene implements Disposable {
  readonly surface: MotionSurface;
  /** What stands on the still surface, the newest last. */
  readonly still: string[] = [];
  readonly video: string[] = [];
  readonly told: string[] = [];
  now = 0;
  /** Whether the video takes pictures. */
  stuck = false;
  #waiting: (() => void)[] = [];

  constructor() {
    let size: Size | undefined = SCREEN;
    const still: Surface = {
      get size() {
        return size;
      },
      resize: (to) => {
        size = to;
        this.still.push(`${to.width}x${to.height}`);
      },
      drawPicture: (picture) => {
        this.still.push((picture as unknown as FakePicture).name);
        return true;
      },
      drawPatches: () => void this.still.push("patches"),
      snapshot: async () => undefined,
    };
    this.surface = new MotionSurface({
      still,
      video: new WritableStream<VideoFrame>({
        write: async (picture) => {
          this.video.push((picture as unknown as FakePicture).name);
          picture.close();
          if (this.stuck) await new Promise(() => {});
        },
      }),
      now: () => this.now,
      nextFrame: (then) => this.#waiting.push(then),
      onRun: (run) => this.told.push(`run ${run}`),
      onRest: (run) => this.told.push(`rest ${run}`),
    });
  }

  /** Draws a picture, a frame after the one before. */
  async picture(name: string, rects: readonly Rect[] = [WHOLE], size?: Size): Promise<boolean> {
    this.now += FRAME_MILLIS;
    const picture = new FakePicture(name, size);
    const drawn = this.surface.drawPicture(picture as unknown as VideoFrame, rects);
    picture.close();
    await new Promise((resolve) => setImmediate(resolve));
    return drawn;
  }

  /** As many whole pictures as names. */
  async pictures(...names: string[]): Promise<void> {
    for (const name of names) await this.picture(name);
  }

  /** Goes on until the video is seen. */
  async move(): Promise<void> {
    await this.pictures("a", "b", "c", "d");
    assert.deepEqual(this.told, ["run 1"]);
    this.surface.uncovered(1);
  }

  /** The display shows its next frames. */
  frames(count: number): void {
    for (let frame = 0; frame < count; frame++) for (const then of this.#waiting.splice(0)) then();
  }

  [Symbol.dispose](): void {
    void this.surface[Symbol.asyncDispose]();
    this.frames(2);
  }
}

describe("the surface of screens in motion", () => {
  it("draws single pictures and patches on the still surface", async () => {
    using scene = new Scene();
    await scene.pictures("a", "b", "c");
    scene.surface.drawPatches(new Uint8Array(0), [PART]);
    await scene.pictures("d", "e");
    scene.now += 200;
    await scene.pictures("f", "g", "h");
    assert.deepEqual(scene.still, ["a", "b", "c", "patches", "d", "e", "f", "g", "h"]);
    assert.deepEqual([scene.video, scene.told], [[], []]);
  });

  it("puts a run of whole pictures into the video, and draws them as well until it is seen", async () => {
    using scene = new Scene();
    await scene.pictures("a", "b", "c", "d", "e");
    assert.deepEqual(scene.told, ["run 1"]);
    assert.deepEqual(scene.video, ["d", "e"]);
    assert.deepEqual(scene.still, ["a", "b", "c", "d", "e"]);
    scene.surface.uncovered(1);
    await scene.pictures("f", "g");
    assert.deepEqual(scene.video, ["d", "e", "f", "g"]);
    assert.deepEqual(scene.still, ["a", "b", "c", "d", "e"]);
  });

  it("goes on in the video after a pause", async () => {
    using scene = new Scene();
    await scene.move();
    scene.now += 5_000;
    await scene.pictures("e");
    assert.equal(scene.video.at(-1), "e");
    assert.deepEqual(scene.told, ["run 1"]);
  });

  it("brings the still surface up to date before anything is drawn on it, and covers the video two frames later", async () => {
    using scene = new Scene();
    await scene.move();
    await scene.pictures("e", "f");
    scene.surface.drawPatches(new Uint8Array(0), [PART]);
    assert.deepEqual(scene.still.slice(-2), ["f", "patches"]);
    scene.frames(1);
    assert.deepEqual(scene.told, ["run 1"]);
    scene.frames(1);
    assert.deepEqual(scene.told, ["run 1", "rest 1"]);
  });

  it("does so for a picture of a part, and for one with more than the screen", async () => {
    for (const [rects, size] of [
      [[PART], SCREEN],
      [[PART, WHOLE], SCREEN],
      [[WHOLE], { width: 320, height: 208 }],
    ] as const) {
      using scene = new Scene();
      await scene.move();
      await scene.pictures("e");
      await scene.picture("other", rects, size);
      assert.deepEqual(scene.still.slice(-2), ["e", "other"]);
      scene.frames(2);
      assert.equal(scene.told.at(-1), "rest 1");
    }
  });

  it("shows pictures of less detail in the video, too", async () => {
    using scene = new Scene();
    await scene.move();
    await scene.picture("small", [WHOLE], { width: 160, height: 100 });
    assert.equal(scene.video.at(-1), "small");
  });

  it("takes no late word of a run that is over", async () => {
    using scene = new Scene();
    await scene.pictures("a", "b", "c", "d");
    scene.surface.drawPatches(new Uint8Array(0), [PART]);
    scene.surface.uncovered(1);
    await scene.pictures("e", "f", "g", "h");
    scene.surface.uncovered(1);
    await scene.pictures("i");
    assert.deepEqual(scene.still.slice(-5), ["e", "f", "g", "h", "i"]);
    scene.surface.uncovered(2);
    await scene.pictures("j");
    assert.equal(scene.still.at(-1), "i");
    assert.equal(scene.video.at(-1), "j");
  });

  it("forgets the video's picture with the screen's size", async () => {
    using scene = new Scene();
    await scene.move();
    await scene.pictures("e");
    scene.surface.resize({ width: 640, height: 400 });
    assert.equal(scene.still.at(-1), "640x400");
    scene.frames(2);
    assert.equal(scene.told.at(-1), "rest 1");
  });

  it("leaves a video that takes no pictures, or that nobody sees, for good", async () => {
    {
      using scene = new Scene();
      await scene.move();
      scene.stuck = true;
      await scene.pictures("e", "f", "g", "h", "i");
      assert.deepEqual(scene.still.slice(-2), ["h", "i"]);
      scene.frames(2);
      assert.equal(scene.told.at(-1), "rest 1");
    }
    using unseen = new Scene();
    for (let index = 0; index < 300; index++) await unseen.pictures(`${index}`);
    assert.equal(unseen.still.length, 300);
    assert.ok(unseen.video.length < 245);
    unseen.frames(2);
    assert.deepEqual(unseen.told, ["run 1", "rest 1"]);
  });

  it("takes snapshots of what the video shows, and ends with it on the still surface, which is seen then", async () => {
    const scene = new Scene();
    await scene.move();
    await scene.pictures("e");
    await scene.surface.snapshot();
    assert.equal(scene.still.at(-1), "e");
    await scene.pictures("f");
    let hasEnded = false;
    const ending = scene.surface[Symbol.asyncDispose]().then(() => {
      hasEnded = true;
    });
    assert.equal(scene.still.at(-1), "f");
    scene.frames(1);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(hasEnded, false);
    scene.frames(1);
    assert.deepEqual(scene.told, ["run 1", "rest 1"]);
    await ending;
    await scene.surface[Symbol.asyncDispose]();
  });

  it("keeps no picture open", async () => {
    const before = FakePicture.open;
    {
      using scene = new Scene();
      await scene.move();
      await scene.pictures("e", "f");
      scene.surface.drawPatches(new Uint8Array(0), [PART]);
      await scene.pictures("g", "h", "i", "j");
      scene.surface.uncovered(2);
      await scene.pictures("k");
    }
    assert.equal(FakePicture.open, before);
  });
});
