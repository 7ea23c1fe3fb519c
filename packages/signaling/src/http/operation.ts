import Type from "typebox";
import { type Message, message } from "../message.ts";

/** The gateway's process answers. */
export interface Health {
  status: "ok";
}

/** Schema of an answer of /health. */
export const Health: Message<Health> = message(Type.Object({ status: Type.Literal("ok") }));

/** Whether this replica can take requests. */
export interface Readiness {
  status: "ready" | "not-ready" | "draining";
  /** What does not answer. */
  missing: ("store" | "bus")[];
}

/** Schema of an answer of /ready. */
export const Readiness: Message<Readiness> = message(
  Type.Object({
    status: Type.Union([
      Type.Literal("ready"),
      Type.Literal("not-ready"),
      Type.Literal("draining"),
    ]),
    missing: Type.Array(Type.Union([Type.Literal("store"), Type.Literal("bus")]), { maxItems: 2 }),
  }),
);
