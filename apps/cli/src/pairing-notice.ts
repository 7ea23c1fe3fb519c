import { formatHostAddress, type HostAddress } from "@wavry/rift-crypto";
import { renderUnicodeCompact } from "uqr";

/** What a person reads to connect the first device: addresses, link, QR code and command. */
export function pairingNotice(options: {
  readonly addresses: readonly HostAddress[];
  readonly link: string;
  readonly expiresInMicros: number;
  readonly withQr: boolean;
}): string {
  const { addresses, link, expiresInMicros, withQr } = options;
  const minutes = Math.round(expiresInMicros / 60e6);
  const lines = [
    `Listening on ${addresses.map(formatHostAddress).join(", ")} (UDP).`,
    "",
    `Pair a device within ${minutes} minutes by this link, which works once:`,
    "",
    `  ${link}`,
    "",
  ];
  if (withQr) lines.push(renderUnicodeCompact(link, { border: 2 }), "");
  lines.push(
    "On the other device, in its own clone:",
    "",
    `  npm run wavry -- connect '${link}'`,
    "",
    "Paired devices need no link any more. Ctrl-C ends.",
  );
  return lines.join("\n");
}
