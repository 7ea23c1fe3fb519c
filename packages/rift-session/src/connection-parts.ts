import { ArrivalLog, type CongestionController, type Micros } from "@wavry/rift-core";
import type { CryptoSuite } from "@wavry/rift-crypto";
import type { Address, PeerIdentity } from "./admission.ts";
import { ArrivalMeter } from "./arrival-meter.ts";
import { ControlChannel } from "./control-channel.ts";
import type { EndpointCounters } from "./counters.ts";
import { CursorSender } from "./cursor-sender.ts";
import type { DatagramPool } from "./datagram-pool.ts";
import type { EventQueue } from "./events.ts";
import { FeedbackChannel } from "./feedback-channel.ts";
import { Goodbye } from "./goodbye.ts";
import { PacketOpener } from "./packet-opener.ts";
import { PacketSealer } from "./packet-sealer.ts";
import { PathValidator } from "./path-validator.ts";
import { Rekeying } from "./rekeying.ts";
import { RttEstimator } from "./rtt.ts";
import { TimerTable } from "./timers.ts";
import { UpdateSender } from "./update-sender.ts";
import type { Smoothing } from "./update-smoother.ts";
import { VideoSender } from "./video-sender.ts";

/** What a connection is made of; for the endpoint. */
export interface ConnectionInit {
  readonly suite: CryptoSuite;
  readonly pool: DatagramPool;
  readonly events: EventQueue;
  readonly counters: EndpointCounters;
  readonly localId: number;
  readonly remoteId: number;
  readonly peer: PeerIdentity;
  readonly remote: Address;
  /** Whether this side sent the initiation. */
  readonly initiator: boolean;
  /** Keys from Split; wiped by the constructor. */
  readonly keys: { readonly send: Uint8Array; readonly receive: Uint8Array };
  readonly now: Micros;
  /** Makes the controller when the first update is sent, for a path with this round trip (0: not known yet). */
  readonly newController: (rttMicros: Micros) => CongestionController;
  /** Whether updates that come in are held for a moment where the path is uneven. */
  readonly smoothing: Smoothing;
  /**
   * A client's connection says nothing until the host's first packet proves that it was let in:
   * then this is called, before the packet is looked into. `refusal`: that packet is a close.
   */
  readonly onConfirmed?: (refusal: string | undefined) => void;
}

/** The parts of one connection, which what receives, what sends and what keeps it alive have in common. */
export class ConnectionParts {
  readonly events: EventQueue;
  readonly counters: EndpointCounters;
  readonly sealer: PacketSealer;
  readonly opener: PacketOpener;
  readonly rekeying: Rekeying;
  readonly timers: TimerTable = new TimerTable();
  readonly rtt: RttEstimator = new RttEstimator();
  readonly arrivals: ArrivalMeter = new ArrivalMeter();
  readonly arrivalLog: ArrivalLog = new ArrivalLog();
  readonly goodbye: Goodbye = new Goodbye(this.timers);
  readonly cursor: CursorSender = new CursorSender(this.timers);
  readonly updates: UpdateSender = new UpdateSender();
  readonly video: VideoSender;
  readonly feedback: FeedbackChannel;
  readonly control: ControlChannel;
  readonly paths: PathValidator;

  /** Wipes the keys that it is given. */
  constructor(init: ConnectionInit) {
    const { suite, keys } = init;
    this.events = init.events;
    this.counters = init.counters;
    this.paths = new PathValidator((length) => suite.randomBytes(length));
    this.video = new VideoSender(this.updates, init.newController);
    this.feedback = new FeedbackChannel(
      this.timers,
      this.rtt,
      this.arrivals,
      this.arrivalLog,
      this.updates,
    );
    this.sealer = new PacketSealer(suite, keys.send, init.pool, init.remoteId);
    this.opener = new PacketOpener(suite, keys.receive, init.counters);
    const [fromInitiator, fromResponder] = init.initiator
      ? [keys.send, keys.receive]
      : [keys.receive, keys.send];
    this.rekeying = new Rekeying({
      suite,
      initiator: init.initiator,
      keys: { fromInitiator, fromResponder },
      sealer: this.sealer,
      opener: this.opener,
      now: init.now,
    });
    this.control = new ControlChannel(this.rekeying);
    keys.send.fill(0);
    keys.receive.fill(0);
  }

  /** Packets of both directions. */
  get packets(): number {
    return this.sealer.packetsSent + this.arrivals.highest;
  }
}
