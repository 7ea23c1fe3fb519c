import { openDevice } from "../device.ts";
import { Output } from "../output.ts";

/** `wavry id` */
export function id(options: { json?: boolean }): void {
  const output = new Output(options.json ?? false);
  const { identity, name } = openDevice();
  output.say(identity.wavryId);
  output.report({ wavryId: identity.wavryId, name });
}
