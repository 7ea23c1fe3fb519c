import { en } from "./en.ts";

/** All that the app says, in one language. What a language lacks is a type error. */
export type Text = typeof en;

/** A language of the app: BCP 47. */
export type Language = "en" | "de" | "fr";

/** The languages, each by its own name. */
export const LANGUAGES: readonly { readonly language: Language; readonly name: string }[] = [
  { language: "en", name: "English" },
  { language: "de", name: "Deutsch" },
  { language: "fr", name: "Français" },
];

/** Each but English is loaded only where it is wanted. */
const LOADERS: Readonly<Record<Language, () => Promise<Text>>> = {
  en: async () => en,
  de: async () => (await import("./de.ts")).de,
  fr: async () => (await import("./fr.ts")).fr,
};

/** The language in use; what is shown is made anew when it changes (language.svelte.ts). */
export let t: Text = en;

/** How times and numbers are written: the language as the person has it, such as "en-GB". */
export let locale: string = "en";

/** Takes the first of the wished languages ("de-CH", "fr") that there is, or English. Rejects where it cannot be loaded. */
export async function chooseText(wished: readonly string[]): Promise<Language> {
  const [language, tag] = bestLanguage(wished);
  t = await LOADERS[language]();
  locale = tag;
  document.documentElement.lang = tag;
  return language;
}

/** Which language fits the wishes best, and how the person writes it. */
export function bestLanguage(wished: readonly string[]): [Language, tag: string] {
  for (const tag of wished) {
    const language = tag.toLowerCase().split("-")[0];
    const known = LANGUAGES.find((one) => one.language === language);
    if (known !== undefined) return [known.language, tag];
  }
  return ["en", "en"];
}
