import type { ReadonlySignal } from '@preact/signals';
import { formatTime, formatValue } from '../format.js';
import type { RuleView } from './limits.js';
import { curveColors } from './palette.js';

export interface LegendRow {
  readonly label: string;
  /** At the pointer, else the last one; absent in a gap. */
  readonly value: number | undefined;
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** When it was last seen, where that lies before the window; epoch milliseconds. */
  readonly seenAt: number | undefined;
}

interface Props {
  readonly name: string;
  readonly unit: string;
  readonly rules: readonly RuleView[];
  readonly rows: ReadonlySignal<readonly LegendRow[]>;
  /** Curves that are not drawn. */
  readonly more: number;
}

/** What the chart shows, as a table: a legend for those who see, the text of the chart for those who do not. */
export function Legend({ name, unit, rules, rows, more }: Props) {
  return (
    <table class="legend" aria-label={`${name}, values in the window`}>
      <thead>
        {rules.length > 0 && (
          <tr>
            <td class="rules" colSpan={4}>
              {rules.map((rule) => (
                <Levels key={rule.id} rule={rule} />
              ))}
            </td>
          </tr>
        )}
        <tr>
          <td />
          <th scope="col">now</th>
          <th scope="col">min</th>
          <th scope="col">max</th>
        </tr>
      </thead>
      <tbody>
        {rows.value.map((row, i) => (
          <Row key={row.label} row={row} unit={unit} color={curveColors[i]!} />
        ))}
        {more > 0 && (
          <tr>
            <th scope="row" class="hint">
              {more} more
            </th>
          </tr>
        )}
      </tbody>
    </table>
  );
}

function Levels({ rule: { id, when, clear } }: { readonly rule: RuleView }) {
  return (
    <span title={`Rule ${id}`}>
      <b>alerts {when}</b> {clear !== undefined && <b>clears {clear}</b>}
    </span>
  );
}

interface RowProps {
  readonly row: LegendRow;
  readonly unit: string;
  /** Name of a style sheet variable. */
  readonly color: string;
}

function Row({ row: { label, value, low, high, seenAt }, unit, color }: RowProps) {
  const text = (number: number | undefined): string => (number === undefined ? '–' : formatValue(number, unit));
  return (
    <tr>
      <th scope="row" title={label}>
        <i class="swatch" style={{ background: `var(${color})` }} />
        {label}
        {seenAt !== undefined && <span class="hint"> seen {formatTime(seenAt)}</span>}
      </th>
      <td class="now">{text(value)}</td>
      <td>{text(low)}</td>
      <td>{text(high)}</td>
    </tr>
  );
}
