/** Runs of each property: 200, or `TOCSIN_PROPERTY_RUNS`. */
export function propertyRuns(): number {
  return Number(process.env['TOCSIN_PROPERTY_RUNS'] ?? 200);
}
