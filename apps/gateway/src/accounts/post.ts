import type { Context } from "../context.ts";
import { countUp, maxOf } from "../limits/limiter.ts";
import type { Mail } from "../mail/mailer.ts";

/** Letters that strangers may cause to one address. */
const LETTERS = { name: "letters", max: 5, windowMillis: 3_600_000 };

/** True if strangers have not caused too many letters to this address: nobody's mailbox is flooded from here. */
export async function mayWriteTo(context: Context, email: string): Promise<boolean> {
  const { count } = await countUp(context, LETTERS, email);
  return count <= maxOf(context, LETTERS);
}

/** Sends a letter after the answer is out, where there is a mail server. */
export function writeLater(context: Context, mail: Mail): void {
  if (context.mail.configured)
    context.afterwards.run("send a letter", () => context.mail.send(mail));
}
