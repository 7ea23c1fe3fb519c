/** The longest name of a device, in code points. */
export const MAX_DEVICE_NAME_LENGTH = 64;

/**
 * Text from another device as people may read it, in a terminal too: no control or format characters, one
 * line, at most `maxLength` code points; may be empty.
 */
export function visibleText(text: string, maxLength: number): string {
  const visible = text
    .replace(/[^\P{C}\s]/gu, "")
    .replace(/\s+/gu, " ")
    .trim();
  return [...visible].slice(0, maxLength).join("").trim();
}
