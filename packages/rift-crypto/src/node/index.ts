/** The primitives on Node. */
export { nodeSuite } from "./node-suite.ts";
