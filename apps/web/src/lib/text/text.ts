import { en } from "./en.ts";

/** All that the app says, in one language. */
export type Text = typeof en;

/** The languages besides English; each is loaded only where it is wanted. */
const OTHERS: Readonly<Record<string, () => Promise<Text>>> = {};

/** The language in use. It is set before anything is shown and stays. */
export let t: Text = en;

/** How times and numbers are written: the language as the person has it, such as "en-GB". */
export let locale: string = en.language;

/** Takes the first of the wished languages ("de-CH", "fr") that there is, or English. */
export async function chooseText(wished: readonly string[]): Promise<void> {
  for (const tag of wished) {
    const language = tag.toLowerCase().split("-")[0] ?? "";
    const load = OTHERS[language];
    if (language !== en.language && load === undefined) continue;
    if (load !== undefined) t = await load();
    locale = tag;
    break;
  }
  document.documentElement.lang = t.language;
}
