interface UserAgentData {
  readonly brands: readonly { readonly brand: string }[];
  readonly platform: string;
}

/** By what a browser's own text is known, the more particular first. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/** What people see this browser called in lists of devices, such as "Firefox, Linux"; nothing is decided by it. */
export function browserName(
  agent: string = navigator.userAgent,
  data: UserAgentData | undefined = (navigator as { userAgentData?: UserAgentData }).userAgentData,
): string {
  const find = (names: typeof BROWSERS) => names.find(([pattern]) => pattern.test(agent))?.[1];
  const brand = data?.brands.find(({ brand }) => !/not.?a.?brand|chromium/i.test(brand))?.brand;
  const system = data === undefined || data.platform === "" ? find(SYSTEMS) : data.platform;
  return [brand ?? find(BROWSERS) ?? "Browser", system].filter((part) => part).join(", ");
}

/** The system alone, such as "linux". */
export function systemName(agent: string = navigator.userAgent): string {
  return SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1].toLowerCase() ?? "";
}
