/** A series as scenarios write it: `cpu.usage{source=web-1, zone=a}`. */
export interface SeriesName {
  readonly name: string;
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
}

const defaultSource = 'test';
const pair = String.raw`\s*([^\s=,{}"]+)\s*=\s*(?:"([^"]*)"|([^\s,{}"]+))\s*`;
const whole = new RegExp(String.raw`^([^\s{}]+)\s*(?:\{(?:${pair}(?:,${pair})*)?\})?$`);

/** `undefined` when the text is no series. The label `source` is the source; absent, it is `test`. */
export function parseSeriesName(text: string): SeriesName | undefined {
  const name = whole.exec(text.trim())?.[1];
  if (name === undefined) return undefined;
  const pairs = [...text.slice(text.indexOf(name) + name.length).matchAll(new RegExp(pair, 'g'))];
  const { source = defaultSource, ...labels } = Object.fromEntries(
    pairs.map(([, label, quoted, plain]) => [label!, quoted ?? plain!]),
  );
  return { name, source, labels };
}

const number = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`;
const item = new RegExp(String.raw`^(?:(_)|(${number})(?:([+-](?:\d+\.?\d*|\.\d+)))?)(?:x(\d+))?$`);
const maxValues = 100_000;

/**
 * The values of a series, one each interval; `undefined` where there is none. `95x3` is 95 three times, `10+5x3` is
 * 10 15 20, `_` a moment without a value. The whole is `undefined` when the text is none of this.
 */
export function parseValues(text: string): readonly (number | undefined)[] | undefined {
  const values: (number | undefined)[] = [];
  for (const token of text.trim().split(/\s+/)) {
    const run = parseRun(token);
    if (run === undefined || values.length + run.times > maxValues) return undefined;
    for (let i = 0; i < run.times; i++) values.push(run.at(i));
  }
  return values;
}

function parseRun(token: string): { times: number; at: (index: number) => number | undefined } | undefined {
  const [found, gap, first, step, times] = item.exec(token) ?? [];
  if (found === undefined || (step !== undefined && times === undefined)) return undefined;
  const at = (index: number) => (gap === undefined ? rounded(Number(first) + index * Number(step ?? 0)) : undefined);
  return { times: Number(times ?? 1), at };
}

/** 0.1 + 2 × 0.1 is 0.3 for those who wrote it. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
