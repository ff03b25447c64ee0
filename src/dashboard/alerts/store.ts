import { computed, signal } from '@preact/signals';
import type { AlertUpdate, AlertView } from '../../client/index.js';
import { severities } from '../../model/severity.js';
import { throttle } from '../throttle.js';

const maxResolved = 500;
/** Lists are made anew at most this often, and at once after a pause. */
const refreshMs = 50;

/** The alerts as the server tells them. `revision` changes when they do. */
export class AlertStore {
  /** The last new critical alert, to be said aloud. */
  readonly announcement = signal('');
  readonly revision = signal(0);
  /** Whether the first snapshot has come. */
  readonly loaded = signal(false);
  readonly #alerts = new Map<string, AlertView>();
  /** Ids of resolved alerts, in the order in which they came. */
  readonly #resolved = new Set<string>();
  readonly #changed = throttle(() => this.revision.value++, refreshMs);

  /** Open alerts by severity. */
  readonly counts = computed(() => {
    this.revision.value;
    const counts = Object.fromEntries(severities.map((severity) => [severity, 0]));
    for (const { severity, state } of this.#alerts.values()) if (state !== 'resolved') counts[severity]!++;
    return counts;
  });

  /** Those on a metric, by its name. */
  readonly byMetric = computed(() => {
    this.revision.value;
    const alerts = new Map<string, AlertView[]>();
    for (const alert of this.#alerts.values()) {
      if (alert.metric === undefined) continue;
      const others = alerts.get(alert.metric);
      if (others === undefined) alerts.set(alert.metric, [alert]);
      else others.push(alert);
    }
    return alerts;
  });

  /** Read {@link revision} to follow it. */
  get all(): Iterable<AlertView> {
    return this.#alerts.values();
  }

  get(id: string): AlertView | undefined {
    this.revision.value;
    return this.#alerts.get(id);
  }

  apply(update: AlertUpdate): void {
    if (update.type === 'snapshot') {
      this.#alerts.clear();
      this.#resolved.clear();
      for (const alert of update.alerts) this.#put(alert);
      this.loaded.value = true;
    } else if (update.type === 'event') {
      this.#announce(update.event.alert);
      this.#put(update.event.alert);
    }
    this.#changed();
  }

  #put(alert: AlertView): void {
    this.#alerts.set(alert.id, alert);
    if (alert.state !== 'resolved') return;
    this.#resolved.add(alert.id);
    if (this.#resolved.size <= maxResolved) return;
    const [oldest] = this.#resolved;
    this.#resolved.delete(oldest!);
    this.#alerts.delete(oldest!);
  }

  #announce(alert: AlertView): void {
    if (alert.severity !== 'critical' || alert.state === 'resolved') return;
    if (this.#alerts.get(alert.id)?.severity === 'critical') return;
    this.announcement.value = `Critical alert: ${[alert.title, alert.source].filter(Boolean).join(', ')}`;
  }
}
