/** Every time of a session, in microseconds (spec/rift.md §9 is this table). */
export const TIMES = {
  /** A handshake packet is sent again after this; each time × `handshakeRetryFactor`, up to the most. */
  handshakeRetryMicros: 60_000,
  handshakeRetryFactor: 1.5,
  maxHandshakeRetryMicros: 750_000,
  /** How long a client tries to connect, unless it is told otherwise. */
  connectTimeoutMicros: 10_000_000,
  /** After an answer with a wrong key the right one has this long to come as well. */
  keyMismatchGraceMicros: 500_000,
  /** A host forgets a half-open handshake after this. */
  halfOpenMicros: 10_000_000,
  /** Each side pings this often … */
  pingMicros: 500_000,
  /** … and faster until it has `firstPings` answers, for a good clock offset early. */
  firstPingMicros: 50_000,
  /** Silence after which a connection is suspended, and after which it is closed. */
  suspendMicros: 1_000_000,
  timeoutMicros: 10_000_000,
  /** The longest wait between reports while updates come in. */
  reportMicros: 10_000,
  /** A report repeats that a keyframe is wanted after this, × the factor each time, up to the most. */
  keyframeRepeatMicros: 30_000,
  keyframeRepeatFactor: 1.5,
  maxKeyframeRepeatMicros: 250_000,
  /** A sender hands a repeated wish for a keyframe on no more often than this. */
  keyframeRequestMicros: 50_000,
  /** The shortest time between two input acknowledgements. */
  inputAcknowledgedMicros: 5_000,
  /** A cursor position is repeated this long after the last sending, as it may have been lost. */
  cursorRepeatMicros: 40_000,
  /** An update that is not reported complete is followed by a ping 1.5 RTT + this after it. */
  tailProbeMicros: 15_000,
  /** The client offers new keys this long after the last change … */
  rekeyMicros: 110_000_000,
  /** … and late packets under the old one are still opened for this long. */
  oldKeyMicros: 3_000_000,
  /** A path challenge is repeated after this. */
  pathChallengeMicros: 100_000,
  /** A close is repeated after this. */
  closeRetryMicros: 60_000,
  /** Retransmission of control data: before there is an RTT, least, most. */
  firstRetransmitMicros: 250_000,
  minRetransmitMicros: 25_000,
  maxRetransmitMicros: 2_000_000,
} as const;

/** Every bound of a session. */
export const BOUNDS = {
  maxConnections: 64,
  /** Half-open handshakes of a host; the oldest makes room. */
  maxHalfOpen: 64,
  /** From this many half-open handshakes on a new one needs a cookie. */
  cookieHalfOpen: 16,
  /** Initiations that a host remembers so that a recorded one is not answered again. */
  maxRememberedInitiations: 4_096,
  firstPings: 4,
  cursorRepeats: 2,
  tailProbes: 4,
  closeSends: 3,
  /** Packets of both directions after which keys change before their time. */
  rekeyPackets: 2_147_483_648,
  /** Challenges to a new address, before another one may be asked. */
  pathChallenges: 5,
  /** Addresses that a connection was moved away from, and whose late packets do not move it back. */
  leftAddresses: 8,
  /** Addresses of one attempt to connect. */
  attemptAddresses: 64,
  /** Updates and input datagrams that wait for pollTransmit; the oldest makes room. */
  maxQueuedUpdates: 4,
  maxQueuedInputs: 16,
  /** Bytes of the control stream that may be under way, and that may wait to be sent. */
  controlWindowBytes: 262_144,
  controlBufferBytes: 4_194_304,
  controlSegments: 1_024,
  /** Separate pieces that a control receiver keeps beyond a gap. */
  controlRanges: 64,
} as const;
