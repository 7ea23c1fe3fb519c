/** Asks the gateway that runs on this machine, for who owns its data; loads none of its server. */
export { askDoor, DoorError } from "./door-client.ts";
export type { DoorAnswers, DoorRequest } from "./door-messages.ts";
