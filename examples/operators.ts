import type { Observable } from 'rxjs';
import { dedupe, escalate, rateLimit, threshold } from 'tocsin/operators';

type Sample = { readonly host: string; readonly metric: string; readonly value: number };

/** Hosts whose cpu is above 80 % for 30 s, and when it is below 70 % again. */
export const alerts = (samples$: Observable<Sample>) =>
  samples$.pipe(
    threshold((s) => `${s.host} ${s.metric}`, {
      rules: [{ id: 'hot', metric: 'cpu', when: { op: '>', value: 80 }, clear: { op: '<', value: 70 }, forMs: 30_000 }],
      metric: (s) => s.metric,
      source: (s) => s.host,
      value: (s) => s.value,
    }),
    dedupe((t) => `${t.kind} ${t.key}`, { windowMs: 300_000 }),
    rateLimit((t) => `${t.kind} ${t.rule?.id}`, {
      windows: [
        { max: 10, perMs: 60_000 },
        { max: 100, perMs: 3_600_000 },
      ],
    }),
  );

/** One step 10 minutes after an alert, and another 20 minutes later, unless it has resolved. */
export const steps = (alerts$: ReturnType<typeof alerts>) =>
  alerts$.pipe(
    escalate((t) => t.key, {
      ladder: (t) => (t.kind === 'firing' ? { steps: [{ afterMs: 600_000 }, { afterMs: 1_200_000 }] } : undefined),
    }),
  );
