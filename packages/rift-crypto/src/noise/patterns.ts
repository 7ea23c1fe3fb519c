/** Handshake patterns as tables (Noise Protocol Framework rev 34, §7 and §9). */

/** What a message token does (Noise §7.1). */
export type Token = "e" | "s" | "ee" | "es" | "se" | "ss" | "psk";

/** One handshake pattern. */
export interface Pattern {
  readonly initiatorPreMessage: readonly ("e" | "s")[];
  readonly responderPreMessage: readonly ("e" | "s")[];
  /** Alternating, the initiator's first. */
  readonly messages: readonly (readonly Token[])[];
}

function pattern(pre: string, ...messages: string[]): Pattern {
  const [initiator = "", responder = ""] = pre.split("|");
  return {
    initiatorPreMessage: tokens(initiator) as ("e" | "s")[],
    responderPreMessage: tokens(responder) as ("e" | "s")[],
    messages: messages.map(tokens),
  };
}

function tokens(text: string): Token[] {
  return text.split(" ").filter((token) => token !== "") as Token[];
}

const BASE: Readonly<Record<string, Pattern>> = {
  N: pattern("|s", "e es"),
  K: pattern("s|s", "e es ss"),
  X: pattern("|s", "e es s ss"),
  NN: pattern("|", "e", "e ee"),
  NK: pattern("|s", "e es", "e ee"),
  NX: pattern("|", "e", "e ee s es"),
  XN: pattern("|", "e", "e ee", "s se"),
  XK: pattern("|s", "e es", "e ee", "s se"),
  XX: pattern("|", "e", "e ee s es", "s se"),
  KN: pattern("s|", "e", "e ee se"),
  KK: pattern("s|s", "e es ss", "e ee se"),
  KX: pattern("s|", "e", "e ee se s es"),
  IN: pattern("|", "e s", "e ee se"),
  IK: pattern("|s", "e es s ss", "e ee se"),
  IX: pattern("|", "e s", "e ee se s es"),
  // Deferred (§7.6, §18.1): a 1 moves that side's authentication one message later.
  NK1: pattern("|s", "e", "e ee es"),
  NX1: pattern("|", "e", "e ee s", "es"),
  X1N: pattern("|", "e", "e ee", "s", "se"),
  X1K: pattern("|s", "e es", "e ee", "s", "se"),
  XK1: pattern("|s", "e", "e ee es", "s se"),
  X1K1: pattern("|s", "e", "e ee es", "s", "se"),
  X1X: pattern("|", "e", "e ee s es", "s", "se"),
  XX1: pattern("|", "e", "e ee s", "es s se"),
  X1X1: pattern("|", "e", "e ee s", "es s", "se"),
  K1N: pattern("s|", "e", "e ee", "se"),
  K1K: pattern("s|s", "e es", "e ee", "se"),
  KK1: pattern("s|s", "e", "e ee se es"),
  K1K1: pattern("s|s", "e", "e ee es", "se"),
  K1X: pattern("s|", "e", "e ee s es", "se"),
  KX1: pattern("s|", "e", "e ee se s", "es"),
  K1X1: pattern("s|", "e", "e ee s", "se es"),
  I1N: pattern("|", "e s", "e ee", "se"),
  I1K: pattern("|s", "e es s", "e ee", "se"),
  IK1: pattern("|s", "e s", "e ee se es"),
  I1K1: pattern("|s", "e s", "e ee es", "se"),
  I1X: pattern("|", "e s", "e ee s es", "se"),
  IX1: pattern("|", "e s", "e ee se s", "es"),
  I1X1: pattern("|", "e s", "e ee s", "se es"),
};

/**
 * Finds a pattern by its name with `pskN` modifiers, such as "XXpsk3" or "NNpsk0+psk2";
 * undefined for one that is not known.
 */
export function findPattern(name: string): Pattern | undefined {
  const match = /^([NKXI]1?[NKX]?1?)(psk\d(?:\+psk\d)*)?$/.exec(name);
  const base = BASE[match?.[1] ?? ""];
  if (match === null || base === undefined) return undefined;
  const messages: Token[][] = base.messages.map((message) => [...message]);
  for (const modifier of match[2]?.split("+") ?? []) {
    const place = Number(modifier.slice("psk".length));
    if (place === 0) messages[0]?.unshift("psk");
    else if (messages[place - 1] === undefined) return undefined;
    else messages[place - 1]?.push("psk");
  }
  return { ...base, messages };
}
