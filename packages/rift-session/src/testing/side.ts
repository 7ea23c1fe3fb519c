import type { Identity } from "@wavry/rift-crypto";
import type { Address } from "../admission.ts";
import type { Connection } from "../connection.ts";
import type { Endpoint } from "../endpoint.ts";
import type { SessionEvent } from "../events.ts";

/** An event of one type. */
export type EventOf<T extends SessionEvent["type"]> = Extract<SessionEvent, { type: T }>;

/** One endpoint with the events that it gave. */
export class Side {
  readonly endpoint: Endpoint;
  readonly identity: Identity;
  readonly address: Address;
  /** Those that `keeps` lets in, with bytes of their own. */
  readonly events: SessionEvent[] = [];
  /** Called for each event, as a program would. */
  onEvent: ((event: SessionEvent) => void) | undefined;
  /** Which events are kept; undefined: all. A long run had better forget its updates. */
  keeps: ((event: SessionEvent) => boolean) | undefined;

  constructor(endpoint: Endpoint, identity: Identity, address: Address) {
    this.endpoint = endpoint;
    this.identity = identity;
    this.address = address;
  }

  /** The kept events of a type. */
  of<T extends SessionEvent["type"]>(type: T): EventOf<T>[] {
    return this.events.filter((event) => event.type === type) as EventOf<T>[];
  }

  /** The newest connection. Throws where there is none. */
  get connection(): Connection {
    const event = this.of("connected").at(-1);
    if (event === undefined) throw new Error("there is no connection");
    return event.connection;
  }

  /** Takes the events that wait. */
  takeEvents(): void {
    for (;;) {
      const event = this.endpoint.pollEvent();
      if (event === undefined) return;
      if (this.keeps?.(event) !== false) this.events.push(own(event));
      this.onEvent?.(event);
    }
  }
}

/** An event whose bytes stay. */
function own(event: SessionEvent): SessionEvent {
  if (event.type === "input") return { ...event, datagram: event.datagram.slice() };
  if (event.type !== "update") return event;
  return { ...event, update: { ...event.update, bytes: event.update.bytes.slice() } };
}
