import { en } from "./en.ts";

/** All that the app says, in one language. */
export type Text = typeof en;

/** The languages besides English; each is loaded only where it is wanted. */
const OTHERS: Readonly<Record<string, () => Promise<Text>>> = {};

/** The language in use. It is set before anything is shown and stays. */
export let t: Text = en;

/** Takes the first of the wished languages ("de-CH", "fr") that there is, or English. */
export async function chooseText(wished: readonly string[]): Promise<void> {
  for (const tag of wished) {
    const language = tag.toLowerCase().split("-")[0] ?? "";
    if (language === "en") break;
    const load = OTHERS[language];
    if (load === undefined) continue;
    t = await load();
    break;
  }
  document.documentElement.lang = t.language;
}
