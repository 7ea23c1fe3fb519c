/** What the page looks like: as the system does unless told. */
export type ThemeName = "system" | "light" | "dark";

const KEY = "wavry-admin-theme";

class Theme {
  name: ThemeName = $state(read());

  constructor() {
    this.#apply();
  }

  choose(name: ThemeName): void {
    this.name = name;
    this.#apply();
    try {
      localStorage.setItem(KEY, name);
    } catch {
      // Without storage it holds until the tab is closed.
    }
  }

  #apply(): void {
    document.documentElement.dataset.theme = this.name;
  }
}

function read(): ThemeName {
  try {
    const name = localStorage.getItem(KEY);
    return name === "light" || name === "dark" ? name : "system";
  } catch {
    return "system";
  }
}

export const theme: Theme = new Theme();
