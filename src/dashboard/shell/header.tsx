import { severities } from '../../model/severity.js';
import { useDashboard } from '../dashboard.js';
import { formatMs, formatValue } from '../format.js';
import { Icon, SeverityIcon } from '../icons.js';
import { budgetMs, budgetOf } from '../pipeline/budget.js';
import { ConnectionBadge } from './connection-badge.js';

export function Header() {
  return (
    <header class="top">
      <h1 class="brand">
        <Icon name="bell" />
        Tocsin
      </h1>
      <ConnectionBadge />
      <Vitals />
      <div class="tools">
        <PersonButton />
        <ThemeButton />
        <HelpButton />
      </div>
    </header>
  );
}

/** The few numbers that tell whether all is well. */
function Vitals() {
  const { rates, stats, alerts } = useDashboard();
  const budget = stats.value && budgetOf(stats.value);
  const late = budget !== undefined && budget.total.p99 > budgetMs;
  return (
    <dl class="vitals">
      <div>
        <dt>Alerts open</dt>
        <dd class="by-severity">
          {severities.toReversed().map((severity) => (
            <span key={severity} class={alerts.counts.value[severity] === 0 ? 'none' : ''} title={severity}>
              <SeverityIcon severity={severity} />
              <span class="unseen">{severity} </span>
              {alerts.counts.value[severity]}
            </span>
          ))}
        </dd>
      </div>
      <Vital name="Received" value={rates.value && `${formatValue(rates.value.received)}/s`} />
      <Vital name="Evaluated" value={rates.value && `${formatValue(rates.value.evaluated)}/s`} />
      <div>
        <dt>p99 of {budgetMs} ms</dt>
        <dd class={late ? 'bad' : ''}>{budget?.total.measured ? formatMs(budget.total.p99) : '–'}</dd>
      </div>
    </dl>
  );
}

function Vital({ name, value = '–' }: { readonly name: string; readonly value?: string | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function PersonButton() {
  const { person } = useDashboard();
  const { name } = person;
  return (
    <button type="button" class="quiet" onClick={() => person.change()} title="Who acknowledges and resolves">
      <Icon name="person" />
      <span class="wide">{name.value || 'Your name'}</span>
      <span class="unseen">, change your name</span>
    </button>
  );
}

function ThemeButton() {
  const { preferences } = useDashboard();
  const { theme } = preferences.settings.value;
  return (
    <button type="button" class="quiet" onClick={() => preferences.nextTheme()} title={`Theme: ${theme}`}>
      <Icon name={theme} />
      <span class="unseen">Theme: {theme}</span>
    </button>
  );
}

function HelpButton() {
  const { helpShown } = useDashboard();
  const show = (): void => {
    helpShown.value = true;
  };
  return (
    <button type="button" class="quiet" onClick={show} title="Keys (?)">
      <Icon name="help" />
      <span class="unseen">Keys</span>
    </button>
  );
}
