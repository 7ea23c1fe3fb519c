import Type from "typebox";
import { type Message, message } from "../message.ts";
import { Account } from "./accounts.ts";
import { FactorMethod, Session } from "./sessions.ts";
import { line, token } from "./text.ts";

/** Signs a browser in with the token of a sign-in link, `…/#/enter/TOKEN`. It stands for the password, once. */
export interface OneTimeSignIn {
  token: string;
  /** What the person sees in the list of sign-ins; the browser's name unless told. */
  label?: string;
}
/** Schema of signing in with a link. */
export const OneTimeSignIn: Message<OneTimeSignIn> = message(
  Type.Object({ token: token(), label: Type.Optional(line(100)) }, { additionalProperties: false }),
);

/** The answer to a sign-in link, as to a password (`SignInAnswer`), with where to go. */
export type OneTimeSignInAnswer =
  | { status: "signed-in"; account: Account; session: Session; hostId?: string }
  | {
      status: "second-factor-required";
      ticket: string;
      methods: FactorMethod[];
      /** Wavry ID of the machine that the link was made on: what the person wants to see first. */
      hostId?: string;
    };
const hostId = () => ({ hostId: Type.Optional(Type.String()) });
/** Schema of the answer to a sign-in link. */
export const OneTimeSignInAnswer: Message<OneTimeSignInAnswer> = message(
  Type.Union([
    Type.Object({
      status: Type.Literal("signed-in"),
      account: Account,
      session: Session,
      ...hostId(),
    }),
    Type.Object({
      status: Type.Literal("second-factor-required"),
      ticket: Type.String(),
      methods: Type.Array(FactorMethod),
      ...hostId(),
    }),
  ]),
);
