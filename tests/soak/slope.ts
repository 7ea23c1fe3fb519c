/** Slope of a line through what was measured, by least squares: bytes an hour. NaN for fewer than two times. */
export function slopePerHour<T extends { readonly at: number }>(
  points: readonly T[],
  bytes: (point: T) => number,
): number {
  const mean = (value: (point: T) => number) =>
    points.reduce((sum, point) => sum + value(point), 0) / points.length;
  const meanAt = mean(({ at }) => at);
  const meanBytes = mean(bytes);
  let numerator = 0;
  let denominator = 0;
  for (const point of points) {
    numerator += (point.at - meanAt) * (bytes(point) - meanBytes);
    denominator += (point.at - meanAt) ** 2;
  }
  return (numerator / denominator) * 3_600_000;
}
