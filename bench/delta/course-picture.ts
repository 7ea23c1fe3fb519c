/** A run as a picture: rate, capacity and delay over time, one panel a controller. */
import type { Micros } from "@wavry/rift-core";
import type { FrameRecord, LinkSample } from "@wavry/rift-core/testing";

const WIDTH = 960;
const PANEL = 200;
const LEFT = 56;
const RIGHT = 56;
const TOP = 40;
const GAP = 34;
const MAX_DELAY_MILLIS = 400;
const SMOOTH = 3;

/** One controller's run. */
export interface Course {
  readonly name: string;
  readonly samples: readonly LinkSample[];
  readonly frames: readonly FrameRecord[];
}

/** Draws an SVG, owned by the caller. */
export function drawCourse(options: {
  readonly title: string;
  readonly seconds: number;
  readonly from: Micros;
  readonly courses: readonly Course[];
}): string {
  const { title, seconds, from, courses } = options;
  const height = TOP + courses.length * (PANEL + GAP);
  const plot = WIDTH - LEFT - RIGHT;
  const x = (micros: Micros): number => LEFT + (micros / 1e6 / seconds) * plot;
  const most = Math.max(
    1,
    ...courses.flatMap(({ samples }) =>
      smooth(samples.map(({ capacityBytes }) => capacityBytes)).map((bytes) => (bytes * 80) / 1e6),
    ),
  );
  const scaleMbps = Math.min(most, 40) * 1.1;
  const parts = courses.map((course, index) => {
    const top = TOP + index * (PANEL + GAP);
    const bottom = top + PANEL;
    const rate = (mbps: number): number => bottom - (Math.min(mbps, scaleMbps) / scaleMbps) * PANEL;
    const delay = (ms: number): number =>
      bottom - (Math.min(ms, MAX_DELAY_MILLIS) / MAX_DELAY_MILLIS) * PANEL;
    const line = (values: readonly number[]): string =>
      smooth(values)
        .map(
          (bytes, at) =>
            `${x(course.samples[at]!.at).toFixed(1)},${rate((bytes * 80) / 1e6).toFixed(1)}`,
        )
        .join(" ");
    const capacity = line(course.samples.map(({ capacityBytes }) => capacityBytes));
    const sent = line(course.samples.map(({ bytes }) => bytes[0] ?? 0));
    const dots = course.frames
      .filter(({ completedAt }) => completedAt !== Infinity)
      .map(({ capturedAt, completedAt }) => {
        const y = delay((completedAt - capturedAt) / 1000).toFixed(1);
        return `M${x(capturedAt - from).toFixed(1)} ${y}h1`;
      })
      .join("");
    return `<g><rect x="${LEFT}" y="${top}" width="${plot}" height="${PANEL}" class="frame"/>
<text x="${LEFT}" y="${top - 6}" class="name">${course.name}</text>
<text x="${LEFT - 6}" y="${top + 10}" text-anchor="end">${scaleMbps.toFixed(0)} Mbps</text>
<text x="${LEFT - 6}" y="${bottom}" text-anchor="end">0</text>
<text x="${WIDTH - RIGHT + 6}" y="${top + 10}">${MAX_DELAY_MILLIS} ms</text>
<polygon points="${LEFT},${bottom} ${capacity} ${WIDTH - RIGHT},${bottom}" class="capacity"/>
<path d="${dots}" class="delay"/><polyline points="${sent}" class="rate"/></g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">
<style>.frame{fill:#fff;stroke:#bbb}.name{font-weight:bold}.capacity{fill:#d6e6f5}.rate{fill:none;stroke:#1b5fa8;stroke-width:1.5}.delay{stroke:#d1481f;stroke-width:1.5}</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="16" font-size="14">${title}: capacity (area), rate (line), delay of each frame (dots) over ${seconds} s</text>
${parts.join("\n")}
</svg>
`;
}

function smooth(values: readonly number[]): number[] {
  return values.map((_, index) => {
    const part = values.slice(Math.max(0, index - SMOOTH + 1), index + 1);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}
