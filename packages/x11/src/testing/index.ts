/** For tests: a real X server of one's own. */
export { startTestDisplay, type TestDisplay } from "./test-display.ts";
