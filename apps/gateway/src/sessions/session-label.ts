import type { FastifyRequest } from "fastify";

const MAX_CHARS = 100;
/** Most specific first: Edge and Opera call themselves Chrome too, Chrome calls itself Safari. */
const BROWSERS = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bFirefox\//, "Firefox"],
  [/\bElectron\//, "Wavry"],
  [/\bChrom(?:e|ium)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
] as const;
const SYSTEMS = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
] as const;

/** What a sign-in is called in its owner's list, such as "Firefox on Linux"; no control characters. */
export function labelOf(request: FastifyRequest): string {
  const agent = request.headers["user-agent"] ?? "";
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  if (browser !== undefined) return system === undefined ? browser : `${browser} on ${system}`;
  const plain = agent.replace(/[^\x20-\x7e]/g, "").trim();
  return plain === "" ? "unknown program" : plain.slice(0, MAX_CHARS);
}
