import { ClientStarter } from "@wavry/client/thread";

let starter: ClientStarter | undefined;

/** The client's thread of this process. Called at once by `main.ts`, it loads while the command line is read. */
export function earlyClient(): ClientStarter {
  starter ??= new ClientStarter();
  return starter;
}
