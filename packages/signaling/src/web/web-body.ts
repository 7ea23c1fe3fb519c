import { Compile } from "typebox/compile";
import { MAX_WEB_LENGTH, type Web } from "../socket/web.ts";
import { decodeBase64url, encodeBase64url } from "./base64url.ts";
import {
  WebAnswer,
  WebCandidate,
  WebDescription,
  type WebMessage,
  WebOffer,
} from "./web-messages.ts";

// ECMAScript's own types do not know it; every runtime has it.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

const LABEL = "wavry web v1";
const SIGNATURE_BYTES = 64;

/** Who says something to whom, in which of the gateway's sessions. */
export interface WebParties {
  readonly session: string;
  /** Wavry IDs. */
  readonly sender: string;
  readonly receiver: string;
}

/** Why a body is not to be believed. "wrong-identity": it was not signed by whom it has to be of, for this session and receiver. */
export type WebBodyErrorCode = "malformed" | "wrong-identity";

/** A `web` message whose body is no message, or not the right one's. */
export class WebBodyError extends Error {
  readonly code: WebBodyErrorCode;

  constructor(code: WebBodyErrorCode, message: string) {
    super(message);
    this.name = "WebBodyError";
    this.code = code;
  }
}

/** The bytes to sign: label, kind, session, sender and receiver, each ended by a zero, and the payload (spec/web.md §2). */
export function webSigningBytes(
  kind: Web["kind"],
  { session, sender, receiver }: WebParties,
  payload: string,
): Uint8Array {
  const head = [LABEL, kind, session, sender, receiver];
  // A zero within would let two lists of fields give the same bytes.
  if (head.some((field) => field.includes("\0"))) throw new RangeError("a field has a zero in it");
  return new TextEncoder().encode(`${head.join("\0")}\0${payload}`);
}

/** Signs a message: the body of a `web` message. Throws RangeError where it would be longer than MAX_WEB_LENGTH. */
export function signWebBody(
  message: WebMessage,
  parties: WebParties,
  sign: (bytes: Uint8Array) => Uint8Array,
): string {
  const payload = JSON.stringify(message.value);
  return joinWebBody(payload, sign(webSigningBytes(message.kind, parties, payload)));
}

/** The same with a key that takes its time, as WebCrypto's do. */
export async function signWebBodyLater(
  message: WebMessage,
  parties: WebParties,
  sign: (bytes: Uint8Array) => Promise<Uint8Array>,
): Promise<string> {
  const payload = JSON.stringify(message.value);
  return joinWebBody(payload, await sign(webSigningBytes(message.kind, parties, payload)));
}

/** Reads a body that the other side signed; `verify` is Ed25519 by the key in the sender's Wavry ID. Throws WebBodyError alone. */
export function openWebBody(
  { kind, body }: Pick<Web, "kind" | "body">,
  parties: WebParties,
  verify: (bytes: Uint8Array, signature: Uint8Array) => boolean,
): WebMessage {
  const envelope = body.length > MAX_WEB_LENGTH ? undefined : parsed(body);
  const { payload, signature } = { ...(envelope as { payload?: unknown; signature?: unknown }) };
  // Halves of surrogate pairs are all signed alike.
  if (typeof payload !== "string" || !payload.isWellFormed() || typeof signature !== "string")
    throw new WebBodyError("malformed", "what came by the gateway is not signed");
  const signatureBytes = decodeBase64url(signature);
  if (signatureBytes?.length !== SIGNATURE_BYTES)
    throw new WebBodyError("malformed", "what came by the gateway is not signed");
  if (!verify(webSigningBytes(kind, parties, payload), signatureBytes))
    throw new WebBodyError(
      "wrong-identity",
      "what came by the gateway was not signed by the device that the session is with",
    );
  const message = readPayload(kind, parsed(payload));
  if (message === undefined)
    throw new WebBodyError("malformed", "what came by the gateway is in no form that is known");
  return message;
}

function joinWebBody(payload: string, signature: Uint8Array): string {
  const body = JSON.stringify({ payload, signature: encodeBase64url(signature) });
  if (body.length > MAX_WEB_LENGTH) throw new RangeError("a web message is too long");
  return body;
}

function readPayload(kind: Web["kind"], value: unknown): WebMessage | undefined {
  const { offer, answer, candidate, description } = checks();
  switch (kind) {
    case "offer":
      return offer.Check(value) ? { kind, value } : undefined;
    case "answer":
      return answer.Check(value) ? { kind, value } : undefined;
    case "candidate":
      return candidate.Check(value) || description.Check(value) ? { kind, value } : undefined;
  }
}

/** Readies `openWebBody` ahead of its first use, which saves that some 20 ms. */
export function prepareWebBodies(): void {
  checks();
}

let compiled: ReturnType<typeof compile> | undefined;

/** Compiled at first use: it takes longer than most programs need them. */
function checks(): ReturnType<typeof compile> {
  compiled ??= compile();
  return compiled;
}

function compile() {
  return {
    offer: Compile(WebOffer) as Check<WebOffer>,
    answer: Compile(WebAnswer) as Check<WebAnswer>,
    candidate: Compile(WebCandidate) as Check<WebCandidate>,
    description: Compile(WebDescription) as Check<WebDescription>,
  };
}

interface Check<T> {
  Check(value: unknown): value is T;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
