import { AREAS, type Check, tryOut } from "./check.ts";
import { checkDisplays } from "./display-checks.ts";
import { mediaTrials } from "./media-checks.ts";
import { screenTrials } from "./screen-checks.ts";
import { systemTrials } from "./system-checks.ts";

/** Tries out everything that a session needs on this machine, in the order of `AREAS`. What it starts ends with it. */
export async function examineMachine(): Promise<Check[]> {
  const { checks: displays, scratch } = await checkDisplays();
  await using _scratch = scratch;
  // libxcb, in any thread of this process, finds the display's cookie through the environment.
  if (scratch !== undefined) process.env.XAUTHORITY = scratch.authority;
  const checks = [...displays];
  const trials = [...screenTrials(scratch?.display), ...mediaTrials(), ...systemTrials()];
  for (const trial of trials) checks.push(await tryOut(trial));
  return checks.sort((a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area));
}
