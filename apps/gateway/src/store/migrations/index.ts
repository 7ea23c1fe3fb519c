import type { Migration } from "kysely/migration";
import * as first from "./0001-first.ts";
import * as previews from "./0002-previews.ts";
import * as relays from "./0003-relays.ts";

/** All migrations by name; they run in the order of their names, forwards only. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-first": first,
  "0002-previews": previews,
  "0003-relays": relays,
};
