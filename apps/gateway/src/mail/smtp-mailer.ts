import type { GatewayConfig } from "../gateway-config.ts";
import type { Mail, Mailer } from "./mailer.ts";

const MAX_CONNECTIONS = 2;
const TIMEOUT_MS = 15_000;
const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Sends over the configured SMTP server, if any: `smtps://user:password@host`, or `smtp://…`, which must offer STARTTLS
 * unless it is on this machine or the URL says `?ignoreTLS=true`.
 */
export function openMailer(smtp: GatewayConfig["smtp"]): Mailer {
  if (smtp === undefined)
    return {
      configured: false,
      send: () => Promise.reject(new Error("no mail server is configured")),
      [Symbol.asyncDispose]: async () => {},
    };
  const { from } = smtp;
  const url = new URL(smtp.url);
  const plain = LOOPBACK.has(url.hostname) || url.searchParams.get("ignoreTLS") === "true";
  // Loaded only where it is needed; what goes wrong with it shows at the first letter.
  const transport = import("nodemailer").then(({ createTransport }) =>
    createTransport({
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? (url.protocol === "smtps:" ? 465 : 587) : Number(url.port),
      secure: url.protocol === "smtps:",
      requireTLS: !plain,
      ignoreTLS: plain && url.protocol === "smtp:",
      ...(url.username !== "" && {
        auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
      }),
      pool: true,
      maxConnections: MAX_CONNECTIONS,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      // A letter is text and nothing else: nothing in it names a file or an address to fetch.
      disableFileAccess: true,
      disableUrlAccess: true,
    }),
  );
  transport.catch(() => {});
  return {
    configured: true,
    send: async (mail: Mail) => {
      await (await transport).sendMail({
        from,
        to: { name: "", address: mail.to },
        subject: mail.subject,
        text: mail.text,
        headers: { "Auto-Submitted": "auto-generated" },
      });
    },
    [Symbol.asyncDispose]: async () => (await transport).close(),
  };
}
