/** For test/input: a picture of 640 × 360 in an element of 640 × 480, and what its input tells. */
import { fractionToPixel, usageName } from "@wavry/rift-core/input";
import {
  BrowserInput,
  type BrowserInputSink,
  containedBox,
  defineInputElements,
  type OnScreenGamepad,
  type OnScreenKeyboard,
} from "../../src/input/index.ts";

const SCREEN = { width: 640, height: 360 };
const log: string[] = [];
const way = (down: boolean): string => (down ? "down" : "up");

/** A sink that writes down what it is told; one that takes text and gamepads, or one that does not. */
function makeSink(takesMore: boolean): BrowserInputSink {
  return {
    key: (usage, down) => void log.push(`${usageName(usage)} ${way(down)}`),
    button: (button, down) => void log.push(`button ${button} ${way(down)}`),
    moveAbsolute: (x, y) => {
      const at = [fractionToPixel(x, SCREEN.width), fractionToPixel(y, SCREEN.height)];
      log.push(`at ${at}`);
    },
    moveRelative: (dx, dy) => void log.push(`by ${dx},${dy}`),
    scroll: (dx120, dy120) => void log.push(`scroll ${dx120},${dy120}`),
    flush: () => {},
    ...(takesMore && {
      text: (text: string) => void log.push(`text ${JSON.stringify(text)}`),
      gamepad: (index, state) =>
        void log.push(
          `gamepad ${index} ${state === undefined ? "gone" : `${state.buttons} ${state.leftX}`}`,
        ),
    }),
  };
}

// In a shadow root, as within <wavry-screen>.
const root = document.querySelector("#frame")!.attachShadow({ mode: "open" });
const target = document.createElement("div");
target.id = "screen";
target.style.cssText =
  "position: absolute; left: 20px; top: 30px; width: 640px; height: 480px; background: #222";
root.append(target);
defineInputElements();
const sink = makeSink(true);
const input = new BrowserInput({
  target,
  sink,
  picture: () => ({ box: containedBox(target.getBoundingClientRect(), SCREEN), screen: SCREEN }),
  onChord: (chord) => void log.push(`chord ${chord}`),
  onRelative: (relative) => void log.push(`relative ${relative}`),
});
const keyboard = document.querySelector<OnScreenKeyboard>("wavry-keyboard")!;
const gamepad = document.querySelector<OnScreenGamepad>("wavry-gamepad")!;
keyboard.input = input.virtual;
gamepad.input = input.virtual;

const focused = (): string | undefined => (root.activeElement ?? document.activeElement)?.localName;
Object.assign(globalThis, {
  harness: { input, sink, plainSink: makeSink(false), log, target, focused },
});
