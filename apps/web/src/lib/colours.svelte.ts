import { recall, remember } from "./remembered.ts";

/** What the pages look like: as the system does unless told. */
export type ColourName = "system" | "light" | "dark";

const KEY = "wavry-colours";

class Colours {
  name: ColourName = $state("system");

  constructor() {
    const kept = recall(KEY);
    this.#show(kept === "light" || kept === "dark" ? kept : "system");
  }

  choose(name: ColourName): void {
    this.#show(name);
    remember(KEY, name);
  }

  #show(name: ColourName): void {
    this.name = name;
    document.documentElement.dataset.theme = name;
  }
}

/** The one choice of this page. */
export const colours: Colours = new Colours();
