/** An address and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What a probe is told; `order` numbers what is answered, and a socket is called by the order that opened it. */
export type ProbeOrder =
  | { readonly do: "open"; readonly order: number; readonly local: Endpoint }
  | { readonly do: "listen"; readonly order: number; readonly local: Endpoint }
  | {
      readonly do: "connect";
      readonly order: number;
      readonly to: Endpoint;
      readonly patienceMs: number;
    }
  | {
      readonly do: "send";
      readonly socket: number;
      readonly to: Endpoint;
      readonly text: string;
    };

/** What a probe reports. */
export type ProbeEvent =
  | { readonly event: "done"; readonly order: number; readonly port: number }
  | { readonly event: "failed"; readonly order: number; readonly why: string }
  | {
      readonly event: "got";
      readonly socket: number;
      readonly from: Endpoint;
      readonly text: string;
    };
