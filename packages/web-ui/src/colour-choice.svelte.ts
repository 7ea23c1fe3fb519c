import { recall, remember } from "./remembered.ts";

/** What the pages look like: as the system does unless told. */
export type ColourName = "system" | "light" | "dark";

/** The choices, in the order in which they are offered. */
export const COLOUR_NAMES: readonly ColourName[] = ["system", "light", "dark"];

/** The choice of a page's colours, as state. It is told to the style by `data-theme` of the document. */
export class ColourChoice {
  name: ColourName = $state("system");
  readonly #storedAs: string;

  /** Takes what this browser remembered. `storedAs`: the name in its storage. */
  constructor(storedAs: string) {
    this.#storedAs = storedAs;
    const kept = recall(storedAs);
    this.#show(kept === "light" || kept === "dark" ? kept : "system");
  }

  /** From now on, and when the page is opened again. */
  choose(name: ColourName): void {
    this.#show(name);
    remember(this.#storedAs, name);
  }

  #show(name: ColourName): void {
    this.name = name;
    document.documentElement.dataset.theme = name;
  }
}
