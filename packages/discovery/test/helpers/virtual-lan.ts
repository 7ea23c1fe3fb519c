import { Announcer, type AnnouncerOptions } from "../../src/announcer.ts";
import { Browser } from "../../src/browser.ts";
import { makeMark } from "../../src/mark.ts";
import { type MdnsMessage, type MdnsRecord, readMessage, writeMessage } from "../../src/message.ts";

type Machine = Announcer | Browser;

/** A network in virtual time, in which everybody hears everybody, themselves too, through real bytes. */
export class VirtualLan {
  now = 0;
  /** All messages so far. */
  readonly said: MdnsMessage[] = [];
  readonly #machines = new Map<Machine, string>();
  #seed: number;
  #addresses = 0;

  constructor(seed = 1) {
    this.#seed = seed;
  }

  /** 0 to 1, by the seed. */
  readonly random = (): number => {
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return this.#seed / 0x80000000;
  };

  announce(options: Partial<AnnouncerOptions> & { readonly wavryId?: string } = {}): Announcer {
    const number = ++this.#addresses;
    const announcer = new Announcer(
      {
        ...{ name: "den", port: 4200 + number, target: `wavry-${number}`, random: this.random },
        mark: makeMark(options.wavryId ?? `wavry${number}`),
        ...options,
      },
      this.now,
    );
    this.#machines.set(announcer, `192.168.1.${number}`);
    return announcer;
  }

  browse(): Browser {
    const browser = new Browser(this.now);
    this.#machines.set(browser, `192.168.1.${++this.#addresses}`);
    return browser;
  }

  /** Takes a machine away, without a word. */
  remove(machine: Machine): void {
    this.#machines.delete(machine);
  }

  /** Says something as anybody could. */
  say(message: Partial<MdnsMessage>, source = "192.168.1.250"): void {
    const whole = { isResponse: true, questions: [], records: [], proposed: [], ...message };
    this.#deliver(writeMessage(whole), source);
  }

  /** Lets time pass. */
  run(millis: number): void {
    const until = this.now + millis;
    for (;;) {
      this.#flush();
      const due = [...this.#machines.keys()].map((each) => each.pollTimeout() ?? Infinity);
      const next = Math.min(...due);
      if (next > until) break;
      this.now = Math.max(this.now, next);
      for (const machine of this.#machines.keys()) machine.handleTimeout(this.now);
    }
    this.now = until;
  }

  #flush(): void {
    for (const [machine, address] of this.#machines)
      for (let next = machine.pollTransmit(); next; next = machine.pollTransmit()) {
        const extra: MdnsRecord[] =
          "addressesOf" in next && typeof next.addressesOf === "string"
            ? [
                {
                  name: next.addressesOf,
                  type: "A",
                  ttl: Number(Reflect.get(next, "addressTtl")),
                  address,
                },
              ]
            : [];
        this.#deliver(writeMessage({ ...next, records: [...next.records, ...extra] }), address);
      }
  }

  #deliver(bytes: Uint8Array, source: string): void {
    const message = readMessage(bytes);
    if (message === undefined) throw new Error("an own message is none");
    this.said.push(message);
    const usable = (address: string): string | undefined =>
      address.startsWith("192.168.") ? address : undefined;
    for (const machine of this.#machines.keys())
      if (machine instanceof Browser) machine.receive(message, { source, usable }, this.now);
      else machine.receive(message, this.now);
  }
}
