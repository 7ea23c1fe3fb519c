/** What this browser remembered under a name; undefined where there is nothing, or no storage. */
export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Remembers a text under a name. Without storage it is forgotten along with the page. */
export function remember(name: string, text: string): void {
  try {
    localStorage.setItem(name, text);
  } catch {
    // Some browsers keep nothing in private windows.
  }
}
