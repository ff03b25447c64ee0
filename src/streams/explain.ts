import type { SchedulerLike } from 'rxjs';
import { type AlertRecord, alertIdKeyHash, isAlertId, isOpen, ruleAlertKey } from '../model/alert.js';
import type { DeliveryRecord } from '../model/delivery.js';
import { TocsinError } from '../model/errors.js';
import type { StoredEvent } from '../model/event.js';
import { type AlertExplanation, explainAlert, nextSteps } from '../model/explain-alert.js';
import { explainRule, type RuleExplanation, type SeriesFacts } from '../model/explain-rule.js';
import type { Rule } from '../model/rule.js';
import { parseSeriesKey, type Series } from '../model/series.js';
import { matchesWildcard } from '../model/wildcard.js';
import type { ThresholdEntry } from '../operators/threshold.js';
import { only, optionalText, text } from './command-args.js';
import type { CommandHandlers } from './commands.js';
import { shortHash } from './hash.js';
import type { LastSamples } from './last-samples.js';
import { asDelivery, asTransition } from './log-entry.js';
import type { Clock, EventLog } from './ports.js';
import type { SeriesTable } from './series-table.js';

export interface ExplainDeps {
  readonly log: EventLog;
  readonly rules: () => readonly Rule[];
  readonly series: SeriesTable;
  readonly last: LastSamples;
  /** Where the rules stand with one series. */
  readonly states: (series: Series) => readonly ThresholdEntry<Series>[];
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
}

/** Of one source, a rule may look at many series. */
const maxExplained = 20;

/** Tells why something happened, or did not: from the log, and from what the rules stand at. */
export class Explainer {
  readonly #deps: ExplainDeps;

  constructor(deps: ExplainDeps) {
    this.#deps = deps;
  }

  /** Every decision about one alert. Rejects with `alert_unknown`, `log_unavailable`. */
  async alert(id: string): Promise<AlertExplanation> {
    if (!isAlertId(id)) throw unknownAlert(id);
    const events = await this.#events(id);
    const record = events.at(-1)?.alert;
    if (record === undefined) throw unknownAlert(id);
    const decisions = explainAlert(events, await this.#deliveries(id));
    const { title, state, severity } = record;
    return { id, title, severity, state, decisions, next: nextSteps(record) };
  }

  /**
   * What a rule makes of a series, given by its key, or of all that a source has of the metric. Rejects with
   * `rule_unknown`, `series_unknown`.
   */
  async rule(id: string, series: string): Promise<readonly RuleExplanation[]> {
    const rule = this.#deps.rules().find((each) => each.id === id);
    if (rule === undefined) throw this.#unknownRule(id);
    const found = this.#seriesOf(rule, series);
    if (found.length === 0) throw unknownSeries(rule, series);
    return Promise.all(found.map(async (each) => explainRule(rule, await this.#facts(rule, each))));
  }

  async #events(id: string): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    for await (const entry of this.#deps.log.read(`alert.*.${alertIdKeyHash(id)}`)) {
      const event = asTransition(entry);
      if (event?.alert.id === id) events.push(event);
    }
    return events;
  }

  async #deliveries(id: string): Promise<DeliveryRecord[]> {
    const deliveries: DeliveryRecord[] = [];
    for await (const entry of this.#deps.log.read(`delivery.${alertIdKeyHash(id)}.*`)) {
      const delivery = asDelivery(entry);
      if (delivery?.alertId === id) deliveries.push(delivery);
    }
    return deliveries;
  }

  #seriesOf(rule: Rule, given: string): Series[] {
    const { series } = this.#deps;
    if (given.includes('|')) {
      const { name, source, labels } = parseSeriesKey(given);
      return [series.find(name, source, labels) ?? []].flat();
    }
    const found: Series[] = [];
    for (const each of series.values()) {
      if (each.source === given && matchesWildcard(rule.metric, each.name)) found.push(each);
      if (found.length === maxExplained) break;
    }
    return found;
  }

  async #facts(rule: Rule, series: Series): Promise<SeriesFacts> {
    const { key, name, source, labels, sid } = series;
    const last = this.#deps.last.of(sid);
    const entry = this.#deps.states(series).find(({ ruleId }) => ruleId === rule.id);
    const open = await this.#openAlert(ruleAlertKey(rule.id, key));
    return {
      ...{ key, name, source, labels },
      ...(last === undefined ? {} : { last }),
      ...(entry === undefined ? {} : { state: this.#wallTimes(entry) }),
      ...(open === undefined ? {} : { alert: open.id }),
    };
  }

  /** The operators' times are of the scheduler. */
  #wallTimes({ phase, since, due }: ThresholdEntry<Series>): NonNullable<SeriesFacts['state']> {
    const { clock, scheduler } = this.#deps;
    const offset = clock.wall() - scheduler.now();
    return { phase, since: since + offset, ...(due === undefined ? {} : { due: due + offset }) };
  }

  async #openAlert(key: string): Promise<AlertRecord | undefined> {
    for await (const entry of this.#deps.log.latest(`alert.*.${shortHash(key)}`)) {
      const record = asTransition(entry)?.alert;
      if (record?.key === key && isOpen(record)) return record;
    }
    return undefined;
  }

  #unknownRule(id: string): TocsinError {
    const known = this.#deps.rules().map((rule) => rule.id);
    const allowed = known.length === 0 ? 'there is no rule' : known.slice(0, maxExplained).join(', ');
    return new TocsinError('rule_unknown', `no rule has the id ${id}`, { field: 'rule', value: id, allowed });
  }
}

/** `explain {id}`, or `explain {rule, series}`. */
export function explainCommands(explainer: Explainer): CommandHandlers {
  return {
    async explain(args) {
      only(args, ['id', 'rule', 'series']);
      const id = optionalText(args, 'id');
      if (id !== undefined) return { ok: true, ...(await explainer.alert(id)) };
      return { ok: true, explanations: await explainer.rule(text(args, 'rule'), text(args, 'series')) };
    },
  };
}

function unknownAlert(id: string): TocsinError {
  return new TocsinError('alert_unknown', `no alert has the id ${id}`, { field: 'id', value: id });
}

function unknownSeries({ id, metric }: Rule, given: string): TocsinError {
  const message = `no sample of ${metric} came from a series "${given}" since the engine started, so rule ${id} says nothing of it`;
  const allowed = 'the name of a source, or a series as name|source|label=value,…';
  return new TocsinError('series_unknown', message, { field: 'series', value: given, allowed });
}
