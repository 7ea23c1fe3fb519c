import type { Component } from "svelte";
import Audit from "./pages/audit.svelte";
import Bans from "./pages/bans.svelte";
import Devices from "./pages/devices.svelte";
import Invitations from "./pages/invitations.svelte";
import Missing from "./pages/missing.svelte";
import Overview from "./pages/overview.svelte";
import Relays from "./pages/relays.svelte";
import Sessions from "./pages/sessions.svelte";
import Users from "./pages/users.svelte";

type PlainComponent = Component<Record<string, never>>;

/** What is shown at an address. */
export interface ShownPage {
  readonly title: string;
  /** The entry of SECTIONS that it belongs to. */
  readonly section: string;
  /** Undefined for the page of an account. */
  readonly component: PlainComponent | undefined;
  /** The account that the page is about; "" for all other pages. */
  readonly userId: string;
}

/** The navigation's entries: path, name, page. */
export const SECTIONS: readonly (readonly [string, string, PlainComponent])[] = [
  ["/", "Overview", Overview],
  ["/users", "Users", Users],
  ["/devices", "Devices", Devices],
  ["/sessions", "Sessions", Sessions],
  ["/relays", "Relays", Relays],
  ["/bans", "Bans", Bans],
  ["/invitations", "Invitations", Invitations],
  ["/audit", "Audit", Audit],
];

/** The page of a path. */
export function pageOf(path: string): ShownPage {
  const section = SECTIONS.find(([one]) => one === path);
  if (section !== undefined) {
    const [at, title, component] = section;
    return { title, section: at, component, userId: "" };
  }
  const userId = /^\/users\/([A-Za-z0-9_-]{22})$/.exec(path)?.[1];
  if (userId !== undefined)
    return { title: "User", section: "/users", component: undefined, userId };
  return { title: "Not found", section: "", component: Missing, userId: "" };
}
