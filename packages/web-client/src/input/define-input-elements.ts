import { OnScreenGamepad } from "./on-screen-gamepad.ts";
import { OnScreenKeyboard } from "./on-screen-keyboard.ts";

/** Makes `<wavry-keyboard>` and `<wavry-gamepad>` known to the page; idempotent. */
export function defineInputElements(): void {
  if (customElements.get("wavry-keyboard") === undefined)
    customElements.define("wavry-keyboard", OnScreenKeyboard);
  if (customElements.get("wavry-gamepad") === undefined)
    customElements.define("wavry-gamepad", OnScreenGamepad);
}
