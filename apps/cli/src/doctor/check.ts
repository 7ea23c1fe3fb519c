/** Parts of a machine that a session needs, in the order in which they are told. */
export const AREAS = [
  "display",
  "capture",
  "convert",
  "encode",
  "decode",
  "present",
  "inject",
  "network",
  "keyring",
] as const;
export type Area = (typeof AREAS)[number];

/** One thing that was tried. */
export interface Check {
  readonly area: Area;
  readonly name: string;
  /** "unverified": it is here and answers, but this project has not proved a session with it. */
  readonly status: "ok" | "missing" | "unverified";
  readonly detail: string;
  /** Whether sharing or watching a screen does not work without it. */
  readonly required: boolean;
  /** What to do about it, as a command where there is one. */
  readonly fix?: string;
}

/** What to try. `attempt` gives the detail or throws; a thrown message becomes the detail of "missing". */
export interface Trial extends Pick<Check, "area" | "name" | "required" | "fix"> {
  attempt(): string | Promise<string>;
  /** What success means; default "ok". */
  readonly success?: "ok" | "unverified";
}

/** Tries it. Never throws. */
export async function tryOut(trial: Trial): Promise<Check> {
  const { area, name, required, fix } = trial;
  try {
    const detail = await trial.attempt();
    return { area, name, required, status: trial.success ?? "ok", detail };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { area, name, required, status: "missing", detail, ...(fix !== undefined && { fix }) };
  }
}

/** Whether a session works on this machine. */
export function isHealthy(checks: readonly Check[]): boolean {
  return checks.every(({ required, status }) => !required || status !== "missing");
}
