import type { Rights } from "@wavry/rift-core/control";
import type { Right } from "@wavry/signaling";

/** What a host lets us do, in the gateway's words. */
export function rightsOf(rights: Rights | undefined): readonly Right[] {
  if (rights === undefined) return [];
  const { view, pointer, keyboard, gamepad, audio, clipboard, files } = rights;
  const held: Right[] = [];
  if (view) held.push("view");
  if (pointer || keyboard) held.push("control");
  if (gamepad) held.push("gamepad");
  if (audio) held.push("audio");
  if (clipboard) held.push("clipboard");
  if (files) held.push("files");
  return held;
}
