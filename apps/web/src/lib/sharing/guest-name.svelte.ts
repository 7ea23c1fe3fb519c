import { recall, remember } from "@wavry/web-ui";

const KEY = "wavry-guest-name";

/** What a person without an account calls themselves; asked once. */
class GuestName {
  /** Empty: not asked yet. */
  value: string = $state(recall(KEY) ?? "");

  get known(): boolean {
    return this.value !== "";
  }

  keep(name: string): void {
    this.value = name;
    remember(KEY, name);
  }
}

/** The one name of this browser. */
export const guestName: GuestName = new GuestName();
