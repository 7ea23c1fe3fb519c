import type { Static, TSchema, TUnsafe } from "typebox";

/** A JSON schema whose values have type T: checks what comes in, documents what goes out. */
export type Message<T> = TUnsafe<T>;

/** Names the type of a schema, so that the two cannot drift apart: a schema that gives another type does not compile. */
export function message<S extends TSchema>(schema: S): Message<Static<S>> {
  return schema as unknown as Message<Static<S>>;
}
