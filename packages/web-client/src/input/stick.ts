/** Where a stick stands, -1..1 on each axis, when a finger is `dx`, `dy` pixels from its middle; `radius` is its reach. */
export function stickAt(dx: number, dy: number, radius: number): { x: number; y: number } {
  const distance = Math.hypot(dx, dy);
  const reach = Math.max(distance, radius, Number.EPSILON);
  // Adding 0 turns -0 into 0.
  return { x: dx / reach + 0, y: dy / reach + 0 };
}

/** The keys that stand for a stick, up to two at once: beyond a third of its reach, in eight directions. */
export function stickDirections(
  x: number,
  y: number,
): {
  readonly up: boolean;
  readonly down: boolean;
  readonly left: boolean;
  readonly right: boolean;
} {
  if (Math.hypot(x, y) < 1 / 3) return { up: false, down: false, left: false, right: false };
  // Within 22.5° of an axis only that axis counts.
  const limit = Math.tan(Math.PI / 8);
  const level = Math.abs(x) > Math.abs(y) * limit;
  const upright = Math.abs(y) > Math.abs(x) * limit;
  return {
    up: upright && y < 0,
    down: upright && y > 0,
    left: level && x < 0,
    right: level && x > 0,
  };
}
