/** Languages whose input methods turn what is typed into something else, so that it is of no use before its end. */
const WAITS = /^(?:zh|ja|ko|yue|wuu)\b/i;

/** Whether text in this language (BCP 47) can be sent letter by letter while the input method still underlines it. */
export function composesLive(language: string): boolean {
  return !WAITS.test(language);
}

/** "\b" for each character of `before` that has to go, and what has to come, to make it `after`. */
export function textDifference(before: string, after: string): string {
  const old = Array.from(before);
  const next = Array.from(after);
  let same = 0;
  while (same < old.length && same < next.length && old[same] === next[same]) same++;
  return "\b".repeat(old.length - same) + next.slice(same).join("");
}
