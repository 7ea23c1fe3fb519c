import { renderUnicodeCompact } from "uqr";

/** What a person reads to connect a new device: link, QR code and command. */
export function pairingNotice(options: {
  readonly link: string;
  readonly expiresInMicros: number;
  readonly withQr: boolean;
}): string {
  const { link, expiresInMicros, withQr } = options;
  const minutes = Math.round(expiresInMicros / 60e6);
  const lines = [
    `Pair a device within ${minutes} minutes by this link, which works once:`,
    "",
    `  ${link}`,
    "",
  ];
  if (withQr) lines.push(pairingQr(link), "");
  lines.push(
    "On the other device, in its own clone:",
    "",
    `  npm run wavry -- connect '${link}'`,
    "",
    `Paired devices need no link any more. ${process.stdin.isTTY ? "Enter makes another link, " : ""}Ctrl-C ends.`,
  );
  return lines.join("\n");
}

/** A link's QR code. The blocks are the light modules: white on black, whatever the terminal's colours. */
export function pairingQr(link: string): string {
  const lines = renderUnicodeCompact(link, { ecc: "L", border: 2 }).split("\n");
  return lines.map((line) => `\x1b[97;40m${line}\x1b[0m`).join("\n");
}
