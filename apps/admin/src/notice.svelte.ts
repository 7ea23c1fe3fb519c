/** What was just done, for everybody: shown, and read out by screen readers. */
class Notice {
  text: string = $state("");
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    clearTimeout(this.#timer);
    this.text = text;
    this.#timer = setTimeout(() => {
      this.text = "";
    }, 8_000);
  }
}

export const notice: Notice = new Notice();
