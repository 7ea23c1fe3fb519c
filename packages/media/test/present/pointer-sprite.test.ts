import assert from "node:assert/strict";
import { test } from "node:test";
import { createWindow, readPixels, XConnection } from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import { blendSprite, type PointerSprite } from "../../src/present/pointer-sprite.ts";
import { wholeOf } from "../../src/present/presenter.ts";
import { X11Presenter } from "../../src/present/x11-presenter.ts";

const SIZE = { width: 64, height: 48 };

/** A sprite of 4 × 4 pixels of one colour, its hot spot at 1, 1. */
function sprite(red: number, green: number, blue: number, alpha: number): PointerSprite {
  const rgba = new Uint8Array(64);
  for (let at = 0; at < 64; at += 4) rgba.set([red, green, blue, alpha], at);
  return { width: 4, height: 4, hotX: 1, hotY: 1, rgba };
}

test("a sprite is mixed by its alpha with what lies below it", () => {
  const below = { width: 2, height: 1, stridePixels: 2, pixels: new Uint32Array(2), address: 0 };
  const out = { width: 2, height: 1, stridePixels: 2, pixels: new Uint32Array(2), address: 0 };
  below.pixels.fill(0x0000ff);
  const half = { width: 2, height: 1, hotX: 0, hotY: 0, rgba: new Uint8Array(8) };
  half.rgba.set([255, 0, 0, 255, 255, 0, 0, 0]);
  blendSprite(below, { x: 0, y: 0, width: 2, height: 1 }, half, { x: 0, y: 0 }, out);
  assert.deepEqual([...out.pixels], [0xff0000, 0x0000ff]);
});

test("the pointer is drawn over the picture, moves, survives updates and leaves nothing behind", async () => {
  await using server = await startTestDisplay();
  using connection = XConnection.open(server.display);
  const window = createWindow(connection, { x: 0, y: 0, ...SIZE });
  connection.sync();
  using presenter = new X11Presenter({ display: server.display, window, surface: SIZE });
  presenter.resizePicture(SIZE);
  presenter.framebuffer.pixels.fill(0x203040);
  presenter.present([wholeOf(SIZE)]);
  const at = (x: number, y: number): number => {
    const rect = { x, y, width: 1, height: 1 };
    const [blue = 0, green = 0, red = 0] = readPixels(connection, connection.root, rect);
    return (red << 16) | (green << 8) | blue;
  };
  const white = sprite(255, 255, 255, 255);
  presenter.setPointer(white, 10, 10);
  assert.deepEqual([at(9, 9), at(12, 12), at(13, 13)], [0xffffff, 0xffffff, 0x203040]);
  presenter.present([{ x: 8, y: 8, width: 8, height: 8 }]);
  assert.equal(at(10, 10), 0xffffff);
  presenter.setPointer(white, 40, 30);
  assert.deepEqual([at(10, 10), at(40, 30)], [0x203040, 0xffffff]);
  presenter.setPointer(white, 63, 47);
  assert.deepEqual([at(40, 30), at(63, 47)], [0x203040, 0xffffff]);
  presenter.setPointer(undefined, 0, 0);
  assert.equal(at(63, 47), 0x203040);
  assert.equal(presenter.framebuffer.pixels[10 * SIZE.width + 10], 0x203040);
});
