import assert from "node:assert/strict";
import { test } from "node:test";
import { openInjector } from "@wavry/input";
import { recordingInjector } from "@wavry/input/testing";
import {
  createWindow,
  EventMask,
  EventType,
  FIRST_KEYCODE,
  focusWindow,
  mapKeycode,
  pressedKeycodes,
  queryPointer,
  readKeyboardMapping,
  XConnection,
} from "@wavry/x11";
import { startQuietDisplay, until } from "./x-observer.ts";

const SHIFT = 1;
const LOCK = 2;
const SHIFT_LEFT_USAGE = 0xe1;
const CAPS_LOCK_USAGE = 0x39;

/** A client that reads text as programs do: at each key it looks up what the mapping makes of it now. */
class TextReader implements Disposable {
  readonly connection: XConnection;
  text = "";

  constructor(display: string) {
    this.connection = XConnection.open(display);
    const { keyPress } = EventMask;
    const place = { x: 0, y: 0, width: 800, height: 600 };
    focusWindow(this.connection, createWindow(this.connection, { ...place, events: keyPress }));
    this.connection.sync();
  }

  read(): string {
    this.connection.sync();
    for (let event = this.connection.pollEvent(); event; event = this.connection.pollEvent())
      if (event.type === EventType.keyPress)
        this.text += this.#character(event.u8[1] ?? 0, event.u16[14] ?? 0);
    return this.text;
  }

  #character(keycode: number, state: number): string {
    const { columns, keysyms } = readKeyboardMapping(this.connection);
    const keysym = keysyms[(keycode - FIRST_KEYCODE) * columns + (state & SHIFT)] ?? 0;
    if (keysym === 0 || (keysym >= 0xff20 && keysym <= 0xffff)) return "";
    if (keysym >= 0xff00 && keysym < 0xff20) return String.fromCharCode(keysym & 0x7f);
    const text = String.fromCodePoint(keysym & 0xff_ffff);
    return (state & LOCK) === 0 ? text : text.toUpperCase();
  }

  [Symbol.dispose](): void {
    this.connection[Symbol.dispose]();
  }
}

async function openSubject() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await startQuietDisplay());
  const reader = stack.use(new TextReader(server.display));
  const injector = stack.use(await openInjector({ display: server.display, guard: false }));
  return { server, reader, injector, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("text of any script is typed, what the layout has by its own keys", async () => {
  await using subject = await openSubject();
  const { reader, injector } = subject;
  const before = readKeyboardMapping(reader.connection).keysyms;
  injector.typeText('Hello, "World"! 1+1=2\n');
  injector.flush();
  await until(() => reader.read() === 'Hello, "World"! 1+1=2\r', "the plain text is there");
  assert.deepEqual(readKeyboardMapping(reader.connection).keysyms, before);
  reader.text = "";
  injector.typeText("Grüße, 你好 Привет 😀\t\b");
  injector.flush();
  await until(() => reader.read() === "Grüße, 你好 Привет 😀\t\b", "the other text is there");
  assert.deepEqual(pressedKeycodes(reader.connection), []);
});

test("a text with more characters than there are free keycodes arrives whole and in order", async () => {
  await using subject = await openSubject();
  const { reader, injector } = subject;
  const text = String.fromCodePoint(...Array.from({ length: 400 }, (_, at) => 0x4e00 + at));
  injector.typeText(text);
  injector.flush();
  await until(() => reader.read().length >= text.length, "everything is there");
  assert.equal(reader.text, text);
});

test("held Shift and Caps Lock do not change a text, and are as before after it", async () => {
  await using subject = await openSubject();
  const { reader, injector } = subject;
  injector.key(CAPS_LOCK_USAGE, true);
  injector.key(CAPS_LOCK_USAGE, false);
  injector.key(SHIFT_LEFT_USAGE, true);
  injector.flush();
  injector.typeText("aB1éЖ");
  injector.flush();
  await until(() => reader.read() === "aB1éЖ", "the text is there");
  assert.equal(queryPointer(reader.connection).mask & (SHIFT | LOCK), SHIFT | LOCK);
  injector.key(SHIFT_LEFT_USAGE, false);
  injector.flush();
  await until(() => pressedKeycodes(reader.connection).length === 0, "Shift is up");
});

test("the mapping is given back at the end", async () => {
  await using subject = await openSubject();
  const { reader, injector } = subject;
  const before = readKeyboardMapping(reader.connection).keysyms;
  injector.typeText("你好");
  injector.flush();
  await until(() => reader.read() === "你好", "the text is there");
  assert.notDeepEqual(readKeyboardMapping(reader.connection).keysyms, before);
  await injector.close();
  assert.deepEqual(readKeyboardMapping(reader.connection).keysyms, before);
});

test("a layout that was changed meanwhile is seen", async () => {
  await using subject = await openSubject();
  const { reader, injector } = subject;
  injector.typeText("é");
  injector.flush();
  await until(() => reader.read() === "é", "the character is there");
  for (let keycode = 200; keycode < 256; keycode++) mapKeycode(reader.connection, keycode, [0x7a]);
  reader.connection.sync();
  reader.text = "";
  injector.typeText("éa");
  injector.flush();
  await until(() => reader.read() === "éa", "the character is there again");
});

test("text that waits is bounded, and goes after the keys before it", () => {
  const { injector, events } = recordingInjector();
  injector.key(4, true);
  injector.typeText("x".repeat(20_000));
  injector.typeText("y");
  injector.flush();
  assert.deepEqual(events, ["key 4 down", `type "${"x".repeat(16_384)}"`]);
});
