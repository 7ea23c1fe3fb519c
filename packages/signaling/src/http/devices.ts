import Type from "typebox";
import { type Message, message } from "../message.ts";
import { certificate, publicKey, STRICT, signature, wavryId } from "../socket/fields.ts";
import { Capabilities, Monitor } from "../socket/presence.ts";
import { id, line, token } from "./text.ts";

/** Whether a device shares its screen; one that does may look at others' as well. */
export type DeviceKind = "host" | "client";
/** Schema of a kind. */
export const DeviceKind: Message<DeviceKind> = message(
  Type.Union([Type.Literal("host"), Type.Literal("client")]),
);

/** What a device must sign to join the caller's account (`enrolmentProof`). */
export interface EnrolmentChallenge {
  id: string;
  challenge: string;
  userId: string;
  /** The gateway's issuer; a device that knows it as another one does not sign. */
  gateway: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}
/** Schema of the challenge. */
export const EnrolmentChallenge: Message<EnrolmentChallenge> = message(
  Type.Object({
    id: id(),
    challenge: token(),
    userId: id(),
    gateway: Type.String({ maxLength: 300 }),
    expiresAt: Type.Integer(),
  }),
);

/** A device joins the caller's account. */
export interface Enrolment {
  /** `id` of the challenge. */
  challenge: string;
  wavryId: string;
  /** X25519, base64url. */
  staticKey: string;
  /** 96 bytes, base64url: binds `staticKey` to the Wavry ID. */
  certificate: string;
  /** Over `enrolmentProof`, by the device's identity key. */
  signature: string;
  kind: DeviceKind;
  name: string;
  /** Such as "linux"; for people. */
  platform: string;
}
/** Schema of an enrolment. */
export const Enrolment: Message<Enrolment> = message(
  Type.Object(
    {
      challenge: id(),
      wavryId: wavryId(),
      staticKey: publicKey(),
      certificate: certificate(),
      signature: signature(),
      kind: DeviceKind,
      name: line(64, 1),
      platform: line(40),
    },
    STRICT,
  ),
);

/** A device of the caller's. */
export interface Device {
  /** Wavry ID. */
  id: string;
  kind: DeviceKind;
  name: string;
  platform: string;
  staticKey: string;
  groupId: string | null;
  /** A host that is connected now. */
  online: boolean;
  capabilities: Capabilities;
  monitors: Monitor[];
  /** Of a host: whether browsers may keep a small picture of its screen, each for itself. No, where it is not said. */
  previews?: boolean;
  /** Milliseconds since 1970. */
  createdAt: number;
  lastSeenAt: number | null;
}
/** Schema of a device. */
export const Device: Message<Device> = message(
  Type.Object({
    id: wavryId(),
    kind: DeviceKind,
    name: Type.String(),
    platform: Type.String(),
    staticKey: publicKey(),
    groupId: Type.Union([id(), Type.Null()]),
    online: Type.Boolean(),
    capabilities: Capabilities,
    monitors: Type.Array(Monitor),
    previews: Type.Optional(Type.Boolean()),
    createdAt: Type.Integer(),
    lastSeenAt: Type.Union([Type.Integer(), Type.Null()]),
  }),
);

/** The caller's devices. */
export interface DeviceList {
  devices: Device[];
}
/** Schema of the list. */
export const DeviceList: Message<DeviceList> = message(
  Type.Object({ devices: Type.Array(Device) }),
);

/** What may be changed of a device. */
export interface DeviceChange {
  name?: string;
  /** Null takes it out of its group. */
  groupId?: string | null;
  /** Of a host: whether browsers may keep a small picture of its screen, each for itself. */
  previews?: boolean;
}
/** Schema of a change. */
export const DeviceChange: Message<DeviceChange> = message(
  Type.Object(
    {
      name: Type.Optional(line(64, 1)),
      groupId: Type.Optional(Type.Union([id(), Type.Null()])),
      previews: Type.Optional(Type.Boolean()),
    },
    STRICT,
  ),
);

/** Path parameter: a Wavry ID. */
export interface DeviceParams {
  id: string;
}
/** Schema of the path parameter. */
export const DeviceParams: Message<DeviceParams> = message(
  // Any short text: a malformed ID is answered as an unknown one.
  Type.Object({ id: Type.String({ maxLength: 100 }) }, STRICT),
);

/** A group of the caller's devices. */
export interface DeviceGroup {
  id: string;
  name: string;
}
/** Schema of a group. */
export const DeviceGroup: Message<DeviceGroup> = message(
  Type.Object({ id: id(), name: Type.String() }),
);

/** The caller's groups. */
export interface DeviceGroupList {
  groups: DeviceGroup[];
}
/** Schema of the list. */
export const DeviceGroupList: Message<DeviceGroupList> = message(
  Type.Object({ groups: Type.Array(DeviceGroup) }),
);

/** A new group, or a group's new name. */
export interface DeviceGroupWish {
  name: string;
}
/** Schema of the wish. */
export const DeviceGroupWish: Message<DeviceGroupWish> = message(
  Type.Object({ name: line(64, 1) }, STRICT),
);
