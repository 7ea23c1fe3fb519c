import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { until } from "./temporary-folder.ts";

/** A letter as it came over the wire. */
export interface ReceivedLetter {
  readonly to: readonly string[];
  /** Without the headers, decoded. */
  readonly text: string;
  readonly raw: string;
}

/** An SMTP server on loopback that keeps what it gets. */
export interface MailServer extends AsyncDisposable {
  /** For GatewayConfig.smtp. */
  readonly url: string;
  readonly letters: readonly ReceivedLetter[];
  /** The newest letter to an address once there are `count`. */
  letterTo(address: string, count?: number): Promise<ReceivedLetter>;
}

/** Starts one on a free port of a loopback address; it has no encryption. */
export async function startMailServer(host = "127.0.0.1"): Promise<MailServer> {
  const letters: ReceivedLetter[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const raw = Buffer.concat(chunks).toString("utf8");
        letters.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          text: decode(raw.slice(raw.indexOf("\r\n\r\n") + 4)),
          raw,
        });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.server.address() as AddressInfo;
  const of = (address: string) => letters.filter(({ to }) => to.includes(address));
  return {
    url: `smtp://${host}:${port}`,
    letters,
    async letterTo(address, count = 1) {
      await until(`${count} letters to ${address}`, () => of(address).length >= count);
      return of(address).at(-1)!;
    },
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The token of the first link in a letter. */
export function linkIn({ text }: ReceivedLetter): string {
  const token = /#link=([A-Za-z0-9_-]{43})/.exec(text)?.[1];
  if (token === undefined) throw new Error(`no link in: ${text}`);
  return token;
}

/** Quoted-printable, as far as it is used for ASCII. */
function decode(text: string): string {
  return text
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
