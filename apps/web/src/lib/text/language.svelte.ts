import { recall, remember } from "@wavry/web-ui";
import { chooseText, type Language } from "./text.ts";

const KEY = "wavry-language";

/** The language in use, as state: whatever shows text is made anew when it changes. */
class LanguageChoice {
  current: Language = $state("en");
  /** The person has just chosen it: the chooser that is made anew takes the focus back. */
  chosenNow = false;

  /** The remembered one, or the best of the browser's. English where it cannot be loaded. */
  async start(): Promise<void> {
    const kept = recall(KEY);
    // What the browser has comes after, for how it writes times: "de" may be kept where "de-CH" is wished.
    const wished = navigator.languages;
    const ordered =
      kept === undefined
        ? wished
        : [...wished.filter((tag) => tag.toLowerCase().split("-")[0] === kept), kept];
    try {
      this.current = await chooseText(ordered);
    } catch (error) {
      console.error(error);
    }
  }

  /** Takes a language from now on. Rejects where it cannot be loaded; nothing changes then. */
  async choose(language: Language): Promise<void> {
    const spelled = navigator.languages.filter(
      (tag) => tag.toLowerCase().split("-")[0] === language,
    );
    await chooseText([...spelled, language]);
    remember(KEY, language);
    this.chosenNow = true;
    this.current = language;
  }
}

/** The one choice of this page. */
export const languageChoice: LanguageChoice = new LanguageChoice();
