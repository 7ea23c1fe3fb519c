/** A UDP port of the router that leads to this machine, by PCP (RFC 6887), NAT-PMP (RFC 6886) or UPnP. */
export { type MapPortOptions, mapPort } from "./map-port.ts";
export { pcpMapping, type RouterQuestion } from "./pcp.ts";
export {
  type MapRequest,
  type MapResponse,
  PCP_MAP_BYTES,
  PcpResult,
  readMapResponse,
  writeMapRequest,
} from "./pcp-message.ts";
export { pmpMapping } from "./pmp.ts";
export {
  type PmpResponse,
  readPmpResponse,
  writePmpAddressRequest,
  writePmpMapRequest,
} from "./pmp-message.ts";
export { type PortMapping, PortMappingError, type PortMappingWay } from "./port-mapping.ts";
