/** Systems whose browsers tell of keys in ways of their own. */
export type KeyPlatform = "mac" | "windows" | "other";

/** What a `Navigator` says of its system. */
export interface PlatformHints {
  readonly platform?: string;
  readonly userAgent?: string;
  readonly userAgentData?: { readonly platform?: string };
}

/** The system on which a browser runs. iPads and iPhones count as "mac": their keyboards have its quirks. */
export function keyPlatform(hints: PlatformHints): KeyPlatform {
  const name = hints.userAgentData?.platform || hints.platform || hints.userAgent || "";
  if (/mac|iphone|ipad|ipod|ios/i.test(name)) return "mac";
  return /win/i.test(name) ? "windows" : "other";
}
