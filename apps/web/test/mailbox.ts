import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { SMTPServer } from "smtp-server";

const PATIENCE_MS = 60_000;

/** An SMTP server on loopback that keeps what it gets. */
export interface Mailbox extends AsyncDisposable {
  /** For GatewayConfig.smtp. */
  readonly url: string;
  /** The link in the `count`th letter with one to an address, from 1; waits for it. */
  link(address: string, count: number): Promise<string>;
}

/** Starts one on a free port. */
export async function startMailbox(): Promise<Mailbox> {
  const links: { readonly to: readonly string[]; readonly url: string }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onData(stream, session, done) {
      const take = (raw: string): void => {
        // Quoted-printable, as far as it is used for a link.
        const plain = raw.replace(/=\r\n/g, "").replaceAll("=3D", "=");
        const url = /https?:\S+#link=[\w-]{43}/.exec(plain)?.[0];
        if (url !== undefined)
          links.push({ to: session.envelope.rcptTo.map(({ address }) => address), url });
      };
      text(stream)
        .then(take)
        .then(() => done(), done);
    },
  });
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const { port } = listening.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    async link(address, count) {
      const deadline = performance.now() + PATIENCE_MS;
      for (;;) {
        const found = links.filter(({ to }) => to.includes(address))[count - 1];
        if (found !== undefined) return found.url;
        if (performance.now() > deadline) throw new Error(`no letter ${count} to ${address}`);
        await sleep(20);
      }
    },
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
