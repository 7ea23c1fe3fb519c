import { pairingQr } from "./pairing-notice.ts";

/** What is printed once a machine can be reached from a browser. */
export interface Opening {
  /** Signs in, once. */
  readonly url: string;
  readonly expiresInMillis: number;
  /** For the wavry program. */
  readonly pairingLink: string;
  readonly withQr: boolean;
  /** The person sits elsewhere: `localhost` of the link is not theirs. */
  readonly overSsh: boolean;
  /** Enter is heard. */
  readonly hearsKeys: boolean;
}

/** How to see this machine: in a browser, or with the program. */
export function openingNotice(opening: Opening): string {
  const { url, expiresInMillis, pairingLink, withQr, overSsh, hearsKeys } = opening;
  const minutes = Math.max(1, Math.round(expiresInMillis / 60_000));
  const { hostname, port } = new URL(url);
  const tunnel = overSsh && hostname === "localhost";
  return [
    `Open this machine in a browser; the link works once, within ${minutes} minutes:`,
    "",
    `  ${url}`,
    "",
    ...(tunnel ? [`From another machine: ssh -L ${port}:localhost:${port} … first.`, ""] : []),
    "Or with the wavry program on another device:",
    "",
    `  npm run wavry -- connect '${pairingLink}'`,
    "",
    ...(withQr ? [pairingQr(pairingLink), ""] : []),
    `${hearsKeys ? "Enter makes new links, " : ""}Ctrl-C ends.`,
  ].join("\n");
}
