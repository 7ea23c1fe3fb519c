import assert from "node:assert/strict";
import { test } from "node:test";
import { type Chord, Keyboard, type KeySignal } from "../../src/input/keyboard.ts";
import { type KeyPlatform, keyPlatform } from "../../src/input/platform.ts";

const [A, C, CAPS, PRINT] = [4, 6, 0x39, 0x46];
const [CONTROL, SHIFT, META, ALT_RIGHT] = [0xe0, 0xe1, 0xe3, 0xe6];

/** A keyboard and what it tells: 4 for a press of usage 4, -4 for its release. */
class Setup {
  readonly told: number[] = [];
  readonly keyboard: Keyboard;
  nowMillis = 0;

  constructor(platform: KeyPlatform = "other") {
    this.keyboard = new Keyboard(platform, (usage, down) => this.told.push(down ? usage : -usage));
  }

  down(code: string, more: Partial<KeySignal> = {}): Chord | undefined {
    return this.#handle(code, true, more);
  }

  up(code: string, more: Partial<KeySignal> = {}): void {
    this.#handle(code, false, more);
  }

  #handle(code: string, down: boolean, more: Partial<KeySignal>): Chord | undefined {
    const none = { shift: false, control: false, alt: false, meta: false, altGraph: false };
    const atMillis = this.nowMillis;
    return this.keyboard.handle({
      ...{ ...none, code, key: code, down, repeat: false, atMillis },
      ...more,
    });
  }
}

test("a key goes down once however often it repeats, and comes up once", () => {
  const setup = new Setup();
  setup.down("KeyA");
  setup.down("KeyA", { repeat: true });
  setup.down("KeyA");
  setup.up("KeyA");
  setup.up("KeyA");
  assert.deepEqual(setup.told, [A, -A]);
});

test("a key that was down before the element had the focus is not pressed by its repeats", () => {
  const setup = new Setup();
  setup.down("KeyA", { repeat: true });
  setup.up("KeyA");
  assert.deepEqual(setup.told, []);
});

test("the print of a key does not matter, only its place", () => {
  const setup = new Setup();
  setup.down("KeyA", { key: "q" });
  setup.up("KeyA", { key: "Q" });
  setup.down("", { key: "a" });
  setup.down("Fn", { key: "Fn" });
  assert.deepEqual(setup.told, [A, -A]);
});

test("Windows's AltGr is the right Alt alone", () => {
  const setup = new Setup("windows");
  setup.down("ControlLeft", { control: true });
  assert.deepEqual(setup.told, []);
  setup.down("AltRight", { altGraph: true });
  setup.down("KeyC", { altGraph: true });
  setup.up("KeyC", { altGraph: true });
  setup.up("ControlLeft", { altGraph: true });
  setup.up("AltRight");
  assert.deepEqual(setup.told, [ALT_RIGHT, C, -C, -ALT_RIGHT]);
});

test("Windows's left Ctrl goes down with the next key, or some milliseconds later by itself", () => {
  const setup = new Setup("windows");
  setup.nowMillis = 100;
  setup.down("ControlLeft", { control: true });
  setup.down("KeyC", { control: true });
  setup.up("KeyC", { control: true });
  setup.up("ControlLeft");
  assert.deepEqual(setup.told, [CONTROL, C, -C, -CONTROL]);
  setup.told.length = 0;
  setup.down("ControlLeft", { control: true });
  assert.equal(setup.keyboard.dueAtMillis, 120);
  setup.keyboard.handleTimeout(119);
  assert.deepEqual(setup.told, []);
  setup.keyboard.handleTimeout(120);
  assert.deepEqual(setup.told, [CONTROL]);
  assert.equal(setup.keyboard.dueAtMillis, undefined);
  setup.up("ControlLeft");
  setup.down("ControlLeft", { control: true });
  setup.up("ControlLeft");
  assert.deepEqual(setup.told, [CONTROL, -CONTROL, CONTROL, -CONTROL]);
});

test("elsewhere left Ctrl goes down at once", () => {
  const setup = new Setup();
  setup.down("ControlLeft", { control: true });
  assert.deepEqual(setup.told, [CONTROL]);
});

test("macOS's keys under Cmd are tapped at each repeat, as nobody tells of their release", () => {
  const setup = new Setup("mac");
  setup.down("MetaLeft", { meta: true });
  setup.down("KeyC", { meta: true });
  setup.down("KeyC", { meta: true, repeat: true });
  setup.up("MetaLeft");
  assert.deepEqual(setup.told, [META, C, -C, C, -C, -META]);
});

test("a key that was held before Cmd is released with Cmd", () => {
  const setup = new Setup("mac");
  setup.down("KeyA");
  setup.down("ShiftLeft", { shift: true });
  setup.down("MetaLeft", { meta: true, shift: true });
  setup.up("MetaLeft", { shift: true });
  assert.deepEqual(setup.told, [A, SHIFT, META, -META, -A]);
});

test("macOS's Caps Lock is tapped when it goes on and when it goes off", () => {
  const setup = new Setup("mac");
  setup.down("CapsLock");
  setup.up("CapsLock");
  assert.deepEqual(setup.told, [CAPS, -CAPS, CAPS, -CAPS]);
});

test("Print Screen of which only the release is told is tapped", () => {
  const setup = new Setup("windows");
  setup.up("PrintScreen");
  assert.deepEqual(setup.told, [PRINT, -PRINT]);
  setup.down("PrintScreen");
  setup.up("PrintScreen");
  assert.deepEqual(setup.told.slice(2), [PRINT, -PRINT]);
});

test("Windows's keys for writing systems are tapped, as nobody tells of their release", () => {
  const setup = new Setup("windows");
  setup.down("Lang1", { key: "HangulMode" });
  assert.deepEqual(setup.told, [0x90, -0x90]);
});

test("a modifier whose release was swallowed is released by the next event, of whatever kind", () => {
  const setup = new Setup();
  setup.down("ShiftLeft", { shift: true });
  setup.down("KeyA");
  assert.deepEqual(setup.told, [SHIFT, -SHIFT, A]);
  setup.down("MetaLeft", { meta: true });
  setup.keyboard.reconcile({
    ...{ shift: false, control: false, alt: false, meta: false, altGraph: false },
  });
  assert.deepEqual(setup.told.slice(3), [META, -META]);
});

test("a modifier that the layout has made something else stays down until its release", () => {
  const setup = new Setup();
  setup.down("ControlLeft", { alt: true });
  setup.down("KeyA", { alt: true });
  setup.up("KeyA");
  assert.deepEqual(setup.told, [CONTROL, A, -A]);
});

test("Ctrl and Alt stay down while AltGr hides them", () => {
  const setup = new Setup();
  setup.down("ControlLeft", { control: true });
  setup.down("AltRight", { altGraph: true });
  setup.down("KeyA", { altGraph: true });
  assert.deepEqual(setup.told, [CONTROL, ALT_RIGHT, A]);
});

test("Ctrl+Alt+Shift with a letter is the client's own, and the host sees all keys released", () => {
  const setup = new Setup();
  const all = { control: true, alt: true, shift: true };
  setup.down("ControlLeft", { control: true });
  setup.down("AltLeft", { control: true, alt: true });
  setup.down("ShiftLeft", all);
  assert.equal(setup.down("KeyM", { ...all, key: "M" }), "relative");
  assert.equal(setup.down("KeyM", { ...all, key: "M", repeat: true }), undefined);
  assert.equal(setup.down("KeyQ", { ...all, key: "Й" }), "leave");
  setup.up("KeyM", all);
  assert.deepEqual(
    setup.told.map(Math.abs).filter((usage) => usage === 0x10),
    [],
  );
  assert.deepEqual(
    setup.told.filter((each) => each < 0).toSorted((a, b) => a - b),
    setup.told
      .filter((each) => each > 0)
      .map((each) => -each)
      .toSorted((a, b) => a - b),
  );
});

test("everything is released when asked, also a key that is held back", () => {
  const setup = new Setup("windows");
  setup.down("KeyA");
  setup.down("ControlLeft", { control: true });
  setup.keyboard.releaseAll();
  assert.deepEqual(setup.told, [A, -A]);
  assert.equal(setup.keyboard.dueAtMillis, undefined);
});

test("systems are told apart by what browsers say of them", () => {
  assert.equal(keyPlatform({ userAgentData: { platform: "macOS" }, platform: "x" }), "mac");
  assert.equal(keyPlatform({ platform: "iPhone" }), "mac");
  assert.equal(keyPlatform({ platform: "Win32" }), "windows");
  assert.equal(keyPlatform({ platform: "Linux x86_64" }), "other");
  assert.equal(keyPlatform({}), "other");
});
