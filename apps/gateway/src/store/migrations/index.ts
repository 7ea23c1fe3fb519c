import type { Migration } from "kysely/migration";
import * as first from "./0001-first.ts";
import * as previews from "./0002-previews.ts";

/** All migrations by name; they run in the order of their names, forwards only. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-first": first,
  "0002-previews": previews,
};
