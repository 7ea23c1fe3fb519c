/** What happened, in datagrams unless it says otherwise. */
export interface PathCounters {
  checksSent: number;
  answersSent: number;
  checksReceived: number;
  answersReceived: number;
  /** Not a check or answer of this session, or with a wrong code. */
  forged: number;
  /** Our own side's, sent back to us. */
  reflected: number;
  /** Checks from unknown addresses that came before, from anywhere, or are too old to tell. */
  replayed: number;
  /** Answers that nobody waits for, or from elsewhere than was asked. */
  unexpected: number;
  /** From unknown addresses, over the supply of verifications; not looked at. */
  overStrangers: number;
  /** From unknown addresses while there is no room for another candidate. */
  overLearned: number;
  /** Candidates that the peer told of beyond the bound, or that cannot be. */
  overTold: number;
  /** Times that a path was selected, was in doubt, and died. */
  selections: number;
  doubts: number;
  deaths: number;
}

/** All zero. */
export function newPathCounters(): PathCounters {
  return {
    checksSent: 0,
    answersSent: 0,
    checksReceived: 0,
    answersReceived: 0,
    forged: 0,
    reflected: 0,
    replayed: 0,
    unexpected: 0,
    overStrangers: 0,
    overLearned: 0,
    overTold: 0,
    selections: 0,
    doubts: 0,
    deaths: 0,
  };
}
