import Type from "typebox";
import { type Message, message } from "../../message.ts";
import { DeviceKind } from "../devices.ts";
import { id } from "../text.ts";
import { Order, type Page, type PageWish, page, pageWish, search, UserRef } from "./page.ts";

/** A device as administrators see it. */
export interface AdminDevice {
  /** Wavry ID. */
  id: string;
  kind: DeviceKind;
  name: string;
  platform: string;
  owner: UserRef;
  /** Hosts only: connected now. */
  online: boolean;
  createdAt: number;
  lastSeenAt: number | null;
}
/** Schema of a device. */
export const AdminDevice: Message<AdminDevice> = message(
  Type.Object({
    id: Type.String(),
    kind: DeviceKind,
    name: Type.String(),
    platform: Type.String(),
    owner: UserRef,
    online: Type.Boolean(),
    createdAt: Type.Integer(),
    lastSeenAt: Type.Union([Type.Null(), Type.Integer()]),
  }),
);

/** Which devices, in which order. */
export interface AdminDeviceQuery extends PageWish {
  /** In name, platform, owner, or the Wavry ID itself. */
  search?: string;
  kind?: DeviceKind;
  userId?: string;
  /** "created" unless told. */
  sort?: "created" | "seen" | "name";
  /** "asc" for "name", "desc" otherwise, unless told. */
  order?: Order;
}
/** Schema of that. */
export const AdminDeviceQuery: Message<AdminDeviceQuery> = message(
  Type.Object(
    {
      ...pageWish(),
      search: search(),
      kind: Type.Optional(DeviceKind),
      userId: Type.Optional(id()),
      sort: Type.Optional(
        Type.Union([Type.Literal("created"), Type.Literal("seen"), Type.Literal("name")]),
      ),
      order: Type.Optional(Order),
    },
    { additionalProperties: false },
  ),
);

/** Devices. */
export type AdminDevicePage = Page<AdminDevice>;
/** Schema of devices. */
export const AdminDevicePage: Message<AdminDevicePage> = page(AdminDevice);
