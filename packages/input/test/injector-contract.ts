/** What every injector does, whatever it is built on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { InputInjector } from "@wavry/input";
import { Button, NEUTRAL_GAMEPAD } from "@wavry/rift-core";

/** An injector and an eye on what it does. */
export interface Subject extends AsyncDisposable {
  readonly injector: InputInjector;
  /** Presses and releases that the system has seen so far: "key USAGE down", "button BUTTON up". */
  seen(): string[];
}

export function injectorContract(name: string, open: () => Promise<Subject>): void {
  test(`${name}: presses and releases arrive once and in order`, async () => {
    await using subject = await open();
    const { injector } = subject;
    injector.key(0xe1, true);
    injector.key(0x04, true);
    injector.button(Button.left, true);
    injector.key(0x04, false);
    injector.button(Button.left, false);
    injector.key(0xe1, false);
    injector.flush();
    assert.deepEqual(subject.seen(), [
      "key 225 down",
      "key 4 down",
      "button 1 down",
      "key 4 up",
      "button 1 up",
      "key 225 up",
    ]);
  });

  test(`${name}: every button of a five-button mouse works`, async () => {
    await using subject = await open();
    const expected: string[] = [];
    for (const button of Object.values(Button)) {
      subject.injector.button(button, true);
      subject.injector.button(button, false);
      expected.push(`button ${button} down`, `button ${button} up`);
    }
    subject.injector.flush();
    assert.deepEqual(subject.seen(), expected);
  });

  test(`${name}: a second press or release does nothing`, async () => {
    await using subject = await open();
    const { injector } = subject;
    injector.key(0x04, false);
    injector.button(1, false);
    for (const down of [true, true, false, false]) {
      injector.key(0x04, down);
      injector.button(1, down);
    }
    injector.flush();
    assert.deepEqual(subject.seen(), ["key 4 down", "button 1 down", "key 4 up", "button 1 up"]);
  });

  test(`${name}: keys and buttons that do not exist are ignored`, async () => {
    await using subject = await open();
    for (const code of [-1, 0, 1, 3, 0xa5, 0xff, 256, 1000, Number.NaN]) {
      subject.injector.key(code, true);
      if (code !== 1 && code !== 3) subject.injector.button(code, true);
    }
    subject.injector.flush();
    assert.deepEqual(subject.seen(), []);
  });

  test(`${name}: releaseAll releases what is held, once`, async () => {
    await using subject = await open();
    const { injector } = subject;
    injector.key(0x04, true);
    injector.button(2, true);
    injector.flush();
    injector.releaseAll();
    injector.releaseAll();
    assert.deepEqual(subject.seen().slice(2).sort(), ["button 2 up", "key 4 up"]);
  });

  test(`${name}: controllers are taken or passed over, and never an error`, async () => {
    await using subject = await open();
    const { injector } = subject;
    const pulled = { ...NEUTRAL_GAMEPAD, buttons: 1, rightTrigger: 255 };
    for (const index of [0, 3, 4, -1, Number.NaN]) injector.gamepad(index, pulled);
    injector.gamepad(3, undefined);
    injector.gamepad(2, undefined);
    injector.flush();
    injector.releaseAll();
    await injector.close();
    injector.gamepad(0, pulled);
    const expected = [
      "pad 0 buttons 1 triggers 0,255 sticks 0,0,0,0",
      "pad 3 buttons 1 triggers 0,255 sticks 0,0,0,0",
      ...["pad 3 gone", "pad 0 buttons 0 triggers 0,0 sticks 0,0,0,0", "pad 0 gone"],
    ];
    assert.deepEqual(subject.seen(), injector.takesGamepads ? expected : []);
  });

  test(`${name}: after close everything is released, and calls do nothing`, async () => {
    await using subject = await open();
    const { injector } = subject;
    injector.key(0x04, true);
    injector.flush();
    await injector.close();
    await injector.close();
    injector.key(0x05, true);
    injector.button(1, true);
    injector.moveAbsolute(1, 1);
    injector.moveRelative(1, 1);
    injector.scroll(120, 120);
    injector.flush();
    injector.releaseAll();
    assert.deepEqual(subject.seen(), ["key 4 down", "key 4 up"]);
  });
}
