/** Whole sessions over emulated links in virtual time, for tests and benchmarks; the suite is the caller's. */
export { type Datagram, Pair, type PairOptions } from "./pair.ts";
export { type EventOf, Side } from "./side.ts";
export { seededSuite, TestAdmission } from "./test-admission.ts";
