import { StunError, StunSocket } from "../../src/node/index.ts";

const ATTEMPTS = 20;

/** A server on 127.0.0.1 and 127.0.0.2 with the same two ports. */
export async function openSquare(): Promise<StunSocket> {
  for (let attempt = 1; ; attempt++) {
    // Ports that are free on one address may be taken on the other.
    const port = 20_000 + Math.floor(Math.random() * 12_000) * 2;
    const listen = [
      { address: "127.0.0.1", port },
      { address: "127.0.0.2", port },
    ];
    try {
      return await StunSocket.open({ listen, secondPort: port + 1 });
    } catch (error) {
      if (!(error instanceof StunError) || attempt === ATTEMPTS) throw error;
    }
  }
}
