import { fractionToPixel, type InputSink, type Rect } from "@wavry/rift-core";
import type { InputInjector } from "./input-injector.ts";

/**
 * Makes an injector the end of the input channel: turns positions on displays into pixels of the desktop.
 * `displays` are the displays' places by their index on the wire; a position on one that is not there is dropped.
 * Flushing stays with the caller, once a batch.
 */
export function injectorSink(injector: InputInjector, displays: () => readonly Rect[]): InputSink {
  return {
    key: (usage, down) => injector.key(usage, down),
    button: (button, down) => injector.button(button, down),
    moveAbsolute: (x, y, display) => {
      const place = displays()[display];
      if (place === undefined) return;
      injector.moveAbsolute(
        place.x + fractionToPixel(x, place.width),
        place.y + fractionToPixel(y, place.height),
      );
    },
    moveRelative: (dx, dy) => injector.moveRelative(dx, dy),
    scroll: (dx120, dy120) => injector.scroll(dx120, dy120),
    gamepad: (index, state) => injector.gamepad(index, state),
  };
}
