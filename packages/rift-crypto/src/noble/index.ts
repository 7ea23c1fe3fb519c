/** The primitives where there is no native code, such as in a browser. */
export { nobleSuite } from "./noble-suite.ts";
