import { connect } from "node:net";
import {
  type DoorAnswer,
  type DoorAnswers,
  type DoorRequest,
  MAX_LINE_BYTES,
} from "./door-messages.ts";

const PATIENCE_MS = 10_000;

/** Why a gateway did not do what its owner asked; `code` is the gateway's, or "no-gateway" where none runs. */
export class DoorError extends Error {
  override readonly name = "DoorError";
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Asks the gateway behind a socket. Rejects with DoorError. */
export async function askDoor<R extends DoorRequest>(
  file: string,
  request: R,
): Promise<DoorAnswers[R["ask"]]> {
  const answer = JSON.parse(await exchange(file, JSON.stringify(request))) as DoorAnswer;
  if (!answer.ok) throw new DoorError(answer.code, answer.message);
  return answer.value as DoorAnswers[R["ask"]];
}

function exchange(file: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (cause?: Error) =>
      reject(new DoorError("no-gateway", "no gateway answers here", { cause }));
    const socket = connect(file, () => socket.write(`${line}\n`));
    socket.setEncoding("utf8").setTimeout(PATIENCE_MS, () => socket.destroy());
    let text = "";
    socket.on("data", (data: string) => {
      text += data;
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
      if (end >= 0 || text.length > MAX_LINE_BYTES) socket.destroy();
    });
    socket.on("error", fail);
    socket.on("close", () => fail());
  });
}
