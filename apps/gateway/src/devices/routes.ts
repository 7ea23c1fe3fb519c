import {
  Device,
  DeviceChange,
  DeviceGroup,
  DeviceGroupList,
  DeviceGroupWish,
  DeviceList,
  DeviceParams,
  Done,
  Enrolment,
  EnrolmentChallenge,
  ErrorBody,
  IdParams,
} from "@wavry/signaling";
import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { actorOf, requireCaller } from "../http/caller.ts";
import { changeDevice, listDevices, removeDevice } from "./device-service.ts";
import { deviceView, onlineHosts } from "./device-views.ts";
import { createEnrolmentChallenge, enrol } from "./enrolment.ts";
import { createGroup, listGroups, removeGroup, renameGroup } from "./group-service.ts";

const HOUR_MS = 3_600_000;
const tags = ["devices"];

/** Devices and their groups. */
export async function deviceRoutes(app: App, context: Context): Promise<void> {
  app.post(
    "/api/v1/devices/challenges",
    {
      config: { limit: { max: 120, windowMillis: HOUR_MS } },
      schema: {
        summary: "What a device must sign to join your account",
        tags,
        response: { 200: EnrolmentChallenge, "4xx": ErrorBody },
      },
    },
    (request) => createEnrolmentChallenge(context, requireCaller(request).user.id),
  );
  app.post(
    "/api/v1/devices",
    {
      schema: {
        summary: "Put a device under your account",
        tags,
        body: Enrolment,
        response: { 200: Device, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { user } = requireCaller(request);
      const row = await enrol(context, user.id, request.body);
      await context.audit.record({
        ...actorOf(request),
        action: "device.enrolled",
        target: row.id,
        details: { kind: row.kind, name: row.name },
      });
      return deviceView(row, (await onlineHosts(context, [row.id])).has(row.id));
    },
  );
  app.get(
    "/api/v1/devices",
    {
      schema: {
        summary: "Your devices",
        tags,
        response: { 200: DeviceList, "4xx": ErrorBody },
      },
    },
    async (request) => ({ devices: await listDevices(context, requireCaller(request).user.id) }),
  );
  app.patch(
    "/api/v1/devices/:id",
    {
      schema: {
        summary:
          "Rename a device, put it into a group, or let browsers keep small pictures of its screen",
        tags,
        params: DeviceParams,
        body: DeviceChange,
        response: { 200: Device, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { previews } = request.body;
      const device = await changeDevice(context, requireCaller(request).user.id, id, request.body);
      if (previews !== undefined)
        await context.audit.record({
          ...actorOf(request),
          action: previews ? "device.previews-allowed" : "device.previews-forbidden",
          target: id,
        });
      return device;
    },
  );
  app.delete(
    "/api/v1/devices/:id",
    {
      schema: {
        summary: "Take a device out of your account; its connections and sessions end",
        tags,
        params: DeviceParams,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { id } = request.params;
      await removeDevice(context, requireCaller(request).user.id, id);
      await context.audit.record({ ...actorOf(request), action: "device.removed", target: id });
      return { ok: true as const };
    },
  );
  groupRoutes(app, context);
}

function groupRoutes(app: App, context: Context): void {
  app.get(
    "/api/v1/device-groups",
    {
      schema: {
        summary: "Your groups of devices",
        tags,
        response: { 200: DeviceGroupList, "4xx": ErrorBody },
      },
    },
    async (request) => ({ groups: await listGroups(context, requireCaller(request).user.id) }),
  );
  app.post(
    "/api/v1/device-groups",
    {
      schema: {
        summary: "Make a group",
        tags,
        body: DeviceGroupWish,
        response: { 200: DeviceGroup, "4xx": ErrorBody },
      },
    },
    (request) => createGroup(context, requireCaller(request).user.id, request.body.name),
  );
  app.patch(
    "/api/v1/device-groups/:id",
    {
      schema: {
        summary: "Rename a group",
        tags,
        params: IdParams,
        body: DeviceGroupWish,
        response: { 200: DeviceGroup, "4xx": ErrorBody },
      },
    },
    (request) =>
      renameGroup(context, requireCaller(request).user.id, {
        id: request.params.id,
        name: request.body.name,
      }),
  );
  app.delete(
    "/api/v1/device-groups/:id",
    {
      schema: {
        summary: "Remove a group; its devices stay",
        tags,
        params: IdParams,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request) => {
      await removeGroup(context, requireCaller(request).user.id, request.params.id);
      return { ok: true as const };
    },
  );
}
