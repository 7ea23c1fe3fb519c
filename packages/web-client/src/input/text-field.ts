import { textDifference } from "./composition.ts";
import { Listeners } from "./listeners.ts";

/** What a `TextField` needs. */
export interface TextFieldInit {
  /** Where the field is put. */
  readonly parent: ParentNode;
  /** What screen readers call it. */
  readonly label: string;
  /** Whether text may be sent while an input method still underlines it, on a phone's keyboard. */
  readonly live: boolean;
  /** Gets what was typed; "\n" and "\b" are Enter and Backspace. */
  type(text: string): void;
}

/** Invisible characters that a phone's keyboard can delete, so that its Backspace shows. */
const PADDING = "\u200b".repeat(8);

const STYLE: Readonly<Record<string, string>> = {
  position: "absolute",
  left: "0",
  top: "0",
  width: "1px",
  height: "1.2em",
  padding: "0",
  border: "0",
  margin: "0",
  outline: "none",
  opacity: "0",
  overflow: "hidden",
  resize: "none",
  "pointer-events": "none",
  "white-space": "pre",
  // Below 16 pixels iOS zooms to it.
  "font-size": "16px",
};

/**
 * A hidden text field that has the keyboard's focus, so that input methods, phones' keyboards, dictation and emoji
 * pickers work. What they write goes to `type`; it keeps nothing.
 */
export class TextField implements Disposable {
  readonly element: HTMLTextAreaElement;
  readonly #init: TextFieldInit;
  readonly #listeners = new Listeners();
  #composing = false;
  /** What of the composition was sent already. */
  #sent = "";
  #soft = false;

  constructor(init: TextFieldInit) {
    this.#init = init;
    const element = document.createElement("textarea");
    this.element = element;
    for (const [name, value] of Object.entries({
      ...{ autocapitalize: "off", autocomplete: "off", autocorrect: "off", spellcheck: "false" },
      ...{ inputmode: "none", tabindex: "-1", enterkeyhint: "enter", "aria-label": init.label },
    }))
      element.setAttribute(name, value);
    for (const [name, value] of Object.entries(STYLE)) element.style.setProperty(name, value);
    this.#clear();
    init.parent.append(element);
    this.#listeners.add(element, "compositionstart", () => {
      this.#composing = true;
      this.#sent = "";
    });
    this.#listeners.add<CompositionEvent>(element, "compositionupdate", (event) => {
      if (this.#soft && init.live) this.#update(event.data);
    });
    this.#listeners.add<CompositionEvent>(element, "compositionend", (event) => {
      this.#update(event.data);
      this.#composing = false;
      this.#clear();
    });
    this.#listeners.add<InputEvent>(element, "input", (event) => this.#input(event));
  }

  /** Whether a phone's keyboard is to be shown while the field has the focus. */
  get soft(): boolean {
    return this.#soft;
  }

  set soft(soft: boolean) {
    this.#soft = soft;
    this.element.setAttribute("inputmode", soft ? "text" : "none");
  }

  /** Puts the field to a place of its parent, in CSS pixels, where the windows of input methods open. */
  placeAt(x: number, y: number): void {
    this.element.style.setProperty("left", `${Math.round(x)}px`);
    this.element.style.setProperty("top", `${Math.round(y)}px`);
  }

  [Symbol.dispose](): void {
    this.#listeners[Symbol.dispose]();
    this.element.remove();
  }

  #update(text: string): void {
    const change = textDifference(this.#sent, text);
    this.#sent = text;
    if (change !== "") this.#init.type(change);
  }

  #input(event: InputEvent): void {
    if (this.#composing || event.isComposing || /composition/i.test(event.inputType)) return;
    const { value } = this.element;
    if (event.inputType === "insertLineBreak" || event.inputType === "insertParagraph")
      this.#init.type("\n");
    else {
      const deleted = Math.max(0, PADDING.length - (value.match(/\u200b/g)?.length ?? 0));
      const text = value.replaceAll("\u200b", "");
      if (event.inputType.startsWith("delete") || text !== "")
        this.#init.type("\b".repeat(deleted) + text);
    }
    this.#clear();
  }

  #clear(): void {
    this.element.value = PADDING;
    this.element.setSelectionRange(PADDING.length, PADDING.length);
  }
}
