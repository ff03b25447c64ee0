import uPlot from 'uplot';
import { formatTime, formatValue } from '../format.js';
import type { Columns, Extent, Lane } from './columns.js';
import type { Limit } from './limits.js';

/** A moment to mark, epoch milliseconds. */
export interface Mark {
  readonly time: number;
  readonly color: string;
}

export interface Picture {
  /** Both ends of the time axis, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** Both ends of the value axis. */
  readonly range: Extent;
  readonly columns: Columns;
  readonly limits: readonly (Limit & { readonly color: string })[];
  readonly marks: readonly Mark[];
}

export interface PlotOptions {
  readonly unit: string;
  /** One for each curve. */
  readonly colors: readonly string[];
  readonly text: string;
  readonly grid: string;
  /** Time under the pointer, epoch seconds; `undefined` when it has left. */
  onHover(time: number | undefined): void;
}

const font = '11px system-ui, sans-serif';

/** One chart on a canvas. Nothing else in the page knows which library draws it. */
export class Plot {
  readonly #host: HTMLElement;
  readonly #options: PlotOptions;
  readonly #plot: uPlot;
  readonly #resizing: ResizeObserver;
  #picture: Picture | undefined;

  constructor(host: HTMLElement, options: PlotOptions) {
    this.#host = host;
    this.#options = options;
    this.#plot = new uPlot(this.#configure(), [[], ...options.colors.map(() => [])], host);
    this.#resizing = new ResizeObserver(() => this.#plot.setSize(this.#size()));
    this.#resizing.observe(host);
  }

  draw(picture: Picture): void {
    this.#picture = picture;
    const { times, lanes } = picture.columns;
    this.#plot.setData([times, ...lanes.map(({ values }) => values)] as uPlot.AlignedData);
  }

  destroy(): void {
    this.#resizing.disconnect();
    this.#plot.destroy();
  }

  #size(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.#host;
    return { width: clientWidth, height: clientHeight };
  }

  #configure(): uPlot.Options {
    const { colors, text, grid, unit, onHover } = this.#options;
    // A line needs two points: those that stand alone are drawn as dots.
    const points = {
      show: false,
      size: 5,
      width: 0,
      filter: (_: uPlot, series: number) => this.#lonePoints(series - 1),
    };
    const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
    return {
      ...this.#size(),
      padding: [10, 26, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false }, sync: { key: 'tocsin' } },
      scales: { x: { range: () => this.#timeRange() }, y: { range: () => this.#valueRange() } },
      axes: [
        { ...axis, incrs: timeSteps, space: timeSpace, size: 26, gap: 8, values: (_, splits) => splits.map(timeLabel) },
        {
          ...axis,
          ...increments(unit),
          space: 28,
          size: 62,
          gap: 6,
          values: (_, splits) => splits.map((value) => formatValue(value, unit)),
        },
      ],
      series: [{}, ...colors.map((stroke) => ({ stroke, width: 1.5, points }))],
      hooks: {
        drawAxes: [() => this.#drawUnder()],
        setCursor: [({ cursor, data }) => onHover(cursor.idx == null ? undefined : data[0][cursor.idx])],
      },
    };
  }

  #timeRange(): [number, number] {
    const { from, to } = this.#picture ?? { from: 0, to: 1000 };
    return [from / 1000, to / 1000];
  }

  #valueRange(): [number, number] {
    const { low, high } = this.#picture?.range ?? { low: 0, high: 1 };
    return [low, high];
  }

  #lonePoints(curve: number): number[] {
    const stretches = this.#picture?.columns.lanes[curve]?.stretches ?? [];
    return stretches.filter(({ length }) => length === 1).flat();
  }

  /** Bands, levels and marks: below the curves, inside the plot. */
  #drawUnder(): void {
    if (this.#picture === undefined) return;
    const { ctx, bbox } = this.#plot;
    const { columns, limits, marks } = this.#picture;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    columns.lanes.forEach((lane, i) => {
      if (lane.spread) this.#drawBand(columns.times, lane, this.#options.colors[i]!);
    });
    for (const { value, kind, color } of limits) {
      const y = this.#plot.valToPos(value, 'y', true);
      this.#line(bbox.left, y, bbox.left + bbox.width, y, color, kind === 'fires' ? [6, 4] : [1, 4]);
    }
    for (const { time, color } of marks) {
      const x = this.#plot.valToPos(time / 1000, 'x', true);
      this.#line(x, bbox.top, x, bbox.top + bbox.height, color, [2, 2]);
    }
    ctx.restore();
  }

  #line(x1: number, y1: number, x2: number, y2: number, color: string, dash: readonly number[]): void {
    const { ctx } = this.#plot;
    ctx.strokeStyle = color;
    ctx.lineWidth = 1.25 * devicePixelRatio;
    ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(x1, y1);
    ctx.lineTo(x2, y2);
    ctx.stroke();
  }

  /** The room between lowest and highest of what was merged, one shape for each stretch without a gap. */
  #drawBand(times: readonly number[], lane: Lane, color: string): void {
    for (const stretch of lane.stretches) if (stretch.length > 1) this.#fill(stretch, times, lane, color);
  }

  #fill(stretch: readonly number[], times: readonly number[], lane: Lane, color: string): void {
    const { ctx } = this.#plot;
    const to = (i: number, cell: number): void =>
      ctx.lineTo(this.#plot.valToPos(times[i]!, 'x', true), this.#plot.valToPos(cell, 'y', true));
    ctx.beginPath();
    for (const i of stretch) to(i, lane.highs[i]!);
    for (const i of stretch.toReversed()) to(i, lane.lows[i]!);
    ctx.globalAlpha = 0.2;
    ctx.fillStyle = color;
    ctx.fill();
    ctx.globalAlpha = 1;
  }
}

/** Bytes are shown in powers of 1024, so their grid stands at powers of two. */
function increments(unit: string): Pick<uPlot.Axis, 'incrs'> {
  return unit === 'B' ? { incrs: Array.from({ length: 60 }, (_, i) => 2 ** i) } : {};
}

const shortSpan = 120;

/** Seconds between two labels: whole minutes, unless the whole axis is only a minute or two. */
function timeSteps(_: uPlot, _axis: number, min: number, max: number): number[] {
  return max - min > shortSpan ? [60, 120, 300, 600] : [5, 10, 15, 30];
}

function timeSpace(_: uPlot, _axis: number, min: number, max: number): number {
  return max - min > shortSpan ? 42 : 62;
}

function timeLabel(seconds: number): string {
  const time = formatTime(seconds * 1000);
  return seconds % 60 === 0 ? time.slice(0, 5) : time;
}
