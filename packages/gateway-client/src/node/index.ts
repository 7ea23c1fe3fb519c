/** What of a gateway's client needs Node: files. */
export { CredentialsFolder, type GatewayCredentials } from "./credentials-file.ts";
