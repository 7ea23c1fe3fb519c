import type {
  Device,
  DeviceChange,
  DeviceGroup,
  DeviceGroupList,
  DeviceList,
  Done,
  Grant,
  GrantChange,
  GrantOffer,
  GrantWish,
  HostGrants,
  NewShareLink,
  ReachableHostList,
  ReceivedOfferList,
  ShareLinkList,
  ShareLinkWish,
} from "@wavry/signaling";
import { request } from "./request.ts";

const inPath = encodeURIComponent;

/** The machines that the caller may open. */
export function listHosts(signal?: AbortSignal): Promise<ReachableHostList> {
  return request("GET", "/api/v1/hosts", signal === undefined ? {} : { signal });
}

export function listDevices(): Promise<DeviceList> {
  return request("GET", "/api/v1/devices");
}

export function changeDevice(id: string, body: DeviceChange): Promise<Device> {
  return request("PATCH", `/api/v1/devices/${inPath(id)}`, { body });
}

export function removeDevice(id: string): Promise<Done> {
  return request("DELETE", `/api/v1/devices/${inPath(id)}`);
}

export function listGroups(): Promise<DeviceGroupList> {
  return request("GET", "/api/v1/device-groups");
}

export function addGroup(name: string): Promise<DeviceGroup> {
  return request("POST", "/api/v1/device-groups", { body: { name } });
}

export function renameGroup(id: string, name: string): Promise<DeviceGroup> {
  return request("PATCH", `/api/v1/device-groups/${inPath(id)}`, { body: { name } });
}

export function removeGroup(id: string): Promise<Done> {
  return request("DELETE", `/api/v1/device-groups/${inPath(id)}`);
}

/** Who is let in on one's own machine, and who is invited. */
export function hostGrants(hostId: string): Promise<HostGrants> {
  return request("GET", `/api/v1/hosts/${inPath(hostId)}/grants`);
}

export function offerGrant(hostId: string, body: GrantWish): Promise<GrantOffer> {
  return request("POST", `/api/v1/hosts/${inPath(hostId)}/grants`, { body });
}

export function changeGrant(id: string, body: GrantChange): Promise<Grant> {
  return request("PATCH", `/api/v1/grants/${inPath(id)}`, { body });
}

/** Takes a grant back, or gives one back. */
export function revokeGrant(id: string): Promise<Done> {
  return request("DELETE", `/api/v1/grants/${inPath(id)}`);
}

/** What others offer the caller. */
export function receivedOffers(): Promise<ReceivedOfferList> {
  return request("GET", "/api/v1/grant-offers");
}

export function acceptOffer(id: string): Promise<Done> {
  return request("POST", `/api/v1/grant-offers/${inPath(id)}/acceptance`);
}

/** Takes one's own offer back, or declines one to oneself. */
export function dropOffer(id: string): Promise<Done> {
  return request("DELETE", `/api/v1/grant-offers/${inPath(id)}`);
}

export function listShareLinks(hostId: string): Promise<ShareLinkList> {
  return request("GET", `/api/v1/hosts/${inPath(hostId)}/share-links`);
}

export function createShareLink(hostId: string, body: ShareLinkWish): Promise<NewShareLink> {
  return request("POST", `/api/v1/hosts/${inPath(hostId)}/share-links`, { body });
}

export function endShareLink(id: string): Promise<Done> {
  return request("DELETE", `/api/v1/share-links/${inPath(id)}`);
}
