/** What Wavry's hosts are called on a local network (RFC 6763 §7). */
export const SERVICE = "_wavry._udp.local";
/** Who asks for it wants to know which services there are (RFC 6763 §9). */
export const SERVICES = "_services._dns-sd._udp.local";

/** Version of what TXT holds; spec/discovery.md. */
export const TXT_VERSION = "1";

/** A label of DNS has no more (RFC 1035 §2.3.4). */
const LABEL_BYTES = 63;

/**
 * A machine's name as one label: no dots, which the codec takes for ends of labels, no control or direction characters, at most `maxBytes` of UTF-8;
 * never empty.
 */
export function labelOf(name: string, maxBytes: number = LABEL_BYTES): string {
  const clean = name
    .normalize("NFC")
    .replaceAll(/[.\\\s]+/g, " ")
    .replaceAll(/\p{C}+/gu, "")
    .trim();
  let label = "";
  let bytes = 0;
  for (const letter of clean) {
    bytes += Buffer.byteLength(letter);
    if (bytes > maxBytes) break;
    label += letter;
  }
  return label.trim() === "" ? "wavry" : label.trim();
}

/** "den" → "den (2)" → "den (3)": a name for a machine whose name is taken. */
export function numbered(name: string, number: number): string {
  if (number < 2) return labelOf(name);
  const end = ` (${number})`;
  return `${labelOf(name, LABEL_BYTES - end.length)}${end}`;
}

/** The whole name of a host's service. */
export function instanceName(label: string): string {
  return `${label}.${SERVICE}`;
}

/** The label of a service's whole name; undefined where it is no host of Wavry. */
export function labelIn(name: string): string | undefined {
  if (name.length <= SERVICE.length + 1) return undefined;
  const at = name.length - SERVICE.length - 1;
  if (name[at] !== "." || name.slice(at + 1).toLowerCase() !== SERVICE) return undefined;
  return name.slice(0, at);
}
