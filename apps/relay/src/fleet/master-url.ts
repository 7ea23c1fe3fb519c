import { isIP } from "node:net";
import { FleetError } from "./fleet-error.ts";

/**
 * A gateway's public URL as relays sign for it: without a slash at its end. `isProduction`: https only, but for this machine. Throws
 * FleetError "bad-url".
 */
export function parseMasterUrl(text: string, isProduction: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  if (!isWeb || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw new FleetError("bad-url", "a gateway's URL is such as https://gateway.example");
  if (isProduction && url.protocol === "http:" && !isThisMachine(url.hostname))
    throw new FleetError(
      "bad-url",
      `${url.origin} is not protected on its way: in production a gateway's URL begins with https://`,
    );
  return url.href.replace(/\/+$/, "");
}

function isThisMachine(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, "");
  return (
    host === "localhost" || address === "::1" || (isIP(address) === 4 && /^127\./.test(address))
  );
}
