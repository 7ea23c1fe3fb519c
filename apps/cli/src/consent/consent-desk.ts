import type { Right } from "@wavry/signaling";
import { askOnDisplay } from "./display-question.ts";

/** Someone waits for the person at this machine. */
export interface ConsentQuestion {
  readonly sessionId: string;
  /** What they call themselves; safe for a terminal. */
  readonly name: string;
  readonly wavryId: string;
  readonly rights: readonly Right[];
}

/** What a desk needs of the program around it. */
export interface ConsentDeskOptions {
  /** The display on which a window asks; none if undefined. */
  readonly display: string | undefined;
  /** Where a person reads, if somebody is at the terminal. */
  readonly say: (line: string) => void;
  readonly answer: (sessionId: string, agreed: boolean) => void;
}

const WHAT: Readonly<Record<Right, string>> = {
  view: "see this screen",
  control: "use keyboard and mouse",
  gamepad: "use gamepads",
  audio: "hear the sound",
  clipboard: "use the clipboard",
  files: "exchange files",
};

/** Puts questions to the person at this machine, on its display and in the terminal at once: the first answer counts. */
export class ConsentDesk implements Disposable {
  readonly #options: ConsentDeskOptions;
  readonly #open = new Map<string, { question: ConsentQuestion; abort: AbortController }>();

  constructor(options: ConsentDeskOptions) {
    this.#options = options;
  }

  /** Whether somebody waits: then what is typed is an answer. */
  get isAsking(): boolean {
    return this.#open.size > 0;
  }

  ask(question: ConsentQuestion): void {
    const { sessionId } = question;
    const abort = new AbortController();
    this.#open.set(sessionId, { question, abort });
    const text = questionText(question);
    this.#options.say(`${text} [y/N]`);
    const { display } = this.#options;
    if (display !== undefined)
      void askOnDisplay({ text, display, signal: abort.signal }).then((agreed) => {
        if (agreed !== undefined) this.#answer(sessionId, agreed);
      });
  }

  /** A line that was typed answers the question that has waited longest: "y" or "yes" is a yes. */
  typed(line: string): void {
    const [first] = this.#open.keys();
    if (first !== undefined) this.#answer(first, /^\s*y(es)?\s*$/i.test(line));
  }

  /** The question is settled or nobody waits for it any more: its window goes away. */
  end(sessionId: string): void {
    this.#open.get(sessionId)?.abort.abort();
    this.#open.delete(sessionId);
  }

  [Symbol.dispose](): void {
    for (const sessionId of [...this.#open.keys()]) this.end(sessionId);
  }

  #answer(sessionId: string, agreed: boolean): void {
    if (!this.#open.has(sessionId)) return;
    this.end(sessionId);
    this.#options.answer(sessionId, agreed);
  }
}

/** The question in one sentence. */
export function questionText({ name, wavryId, rights }: ConsentQuestion): string {
  const what = rights.map((right) => WHAT[right]);
  const list = [what.slice(0, -1).join(", "), what.at(-1) ?? "connect"].filter(Boolean);
  return `${name || "Somebody"} (${wavryId.slice(0, 14)}…) wants to ${list.join(" and ")}. Allow it?`;
}
