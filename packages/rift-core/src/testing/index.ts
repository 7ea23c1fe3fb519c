/** Seeded helpers for tests: an emulated link in virtual time. */
export { EmulatedLink, type LinkConditions, PERFECT_LINK } from "./link.ts";
export { seededBytes, seededRandom } from "./random.ts";
