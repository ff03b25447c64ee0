import { useDashboard } from '../dashboard.js';
import { formatMs, formatValue } from '../format.js';
import { type Budget, budgetMs, budgetOf, dropsOf, type StageLine } from './budget.js';

export function PipelineSection() {
  const { stats } = useDashboard();
  if (stats.value === undefined) return null;
  const budget = budgetOf(stats.value);
  return (
    <section class="pipeline" aria-label="Pipeline">
      <div class="card">
        <h2>
          Time in each stage{' '}
          <span class="hint">last measured over 10–20 s; budget {budgetMs} ms from sample to alert</span>
        </h2>
        {budget.stages.some(({ measured }) => measured) ? (
          <Stages budget={budget} />
        ) : (
          <p class="empty">Nothing has gone through in the last 20 s.</p>
        )}
      </div>
      <div class="card">
        <h2>
          Flow <span class="hint">since the start</span>
        </h2>
        <Flow />
      </div>
    </section>
  );
}

function Stages({ budget }: { readonly budget: Budget }) {
  const scaleMs = Math.max(budgetMs * 1.08, budget.total.p99 * 1.05);
  return (
    <div class="stages">
      <div>
        <StageBar label="p50" field="p50" budget={budget} scaleMs={scaleMs} />
        <StageBar label="p99" field="p99" budget={budget} scaleMs={scaleMs} />
      </div>
      <table>
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">p50</th>
            <th scope="col">p99</th>
            <th scope="col">max</th>
          </tr>
        </thead>
        <tbody>
          {[...budget.stages, budget.total].map((stage, i) => (
            <StageRow key={stage.name} stage={stage} index={i} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function StageRow({ stage, index }: { readonly stage: StageLine; readonly index: number }) {
  const { name, measured } = stage;
  const text = (ms: number): string => (measured ? formatMs(ms) : '–');
  return (
    <tr class={name}>
      <th scope="row">
        {name !== 'total' && <i class={`swatch stage-${index % 6}`} />}
        {name}
      </th>
      <td>{text(stage.p50)}</td>
      <td>{text(stage.p99)}</td>
      <td>{text(stage.max)}</td>
    </tr>
  );
}

interface BarProps {
  readonly label: string;
  readonly field: 'p50' | 'p99';
  readonly budget: Budget;
  readonly scaleMs: number;
}

/** The stages end to end, with the budget as a line; the table below says the same in words. */
function StageBar({ label, field, budget, scaleMs }: BarProps) {
  const width = (ms: number): string => `${(ms / scaleMs) * 100}%`;
  return (
    <div class="stage-bar" aria-hidden="true">
      <span>{label}</span>
      <div class="track">
        {budget.stages.map((stage, i) => (
          <i key={stage.name} class={`stage-${i % 6}`} style={{ width: width(stage[field]) }} />
        ))}
        <b style={{ left: width(budgetMs) }} />
      </div>
      <span>{budget.total.measured ? formatMs(budget.total[field]) : '–'}</span>
    </div>
  );
}

function Flow() {
  const { stats } = useDashboard();
  const report = stats.value;
  if (report === undefined) return null;
  const { received, evaluated, opened, resolved, sent, series, enabledRules } = report;
  const drops = dropsOf(report);
  const flow = { received, evaluated, opened, resolved, sent, series, rules: enabledRules };
  return (
    <>
      <dl class="flow">
        {Object.entries(flow).map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd title={String(count)}>{formatValue(count)}</dd>
          </div>
        ))}
      </dl>
      <ul class="facts" aria-label="Held back, dropped or skewed">
        {drops.length === 0 && <li>nothing dropped</li>}
        {drops.map(({ reason, count }) => (
          <li key={reason}>
            {reason.replaceAll('_', ' ')} {count}
          </li>
        ))}
      </ul>
    </>
  );
}
