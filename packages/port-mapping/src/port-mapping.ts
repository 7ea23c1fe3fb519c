/** The protocol that opened a port. */
export type PortMappingWay = "pcp" | "nat-pmp" | "upnp";

/** A port that a router has opened; renewed until it is disposed, which gives it back. Disposal never rejects. */
export interface PortMapping extends AsyncDisposable {
  readonly way: PortMappingWay;
  /** The router's address outside. */
  readonly address: string;
  readonly port: number;
}

/** Why no port was opened: nobody answered, or the router refused. */
export class PortMappingError extends Error {
  override readonly name = "PortMappingError";
  readonly code: "no-answer" | "refused";

  constructor(code: PortMappingError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
