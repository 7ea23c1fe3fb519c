import { type IceServers, SHARE_TOKEN_HEADER } from "@wavry/signaling";
import { request } from "../api/request.ts";

/** What helps WebRTC to find a path, for who is signed in or, as a guest, has a share link's token. */
export async function iceServers(share: string | undefined): Promise<RTCIceServer[]> {
  const headers = share === undefined ? {} : { [SHARE_TOKEN_HEADER]: share };
  return (await request<IceServers>("GET", "/api/v1/ice-servers", { headers })).iceServers;
}
