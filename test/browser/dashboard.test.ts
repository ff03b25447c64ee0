import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { severities } from '../../src/model/severity.js';
import { openBrowser, openPage } from '../support/browser.js';
import { faintTexts } from '../support/contrast.js';
import { ScriptedGateway } from '../support/scripted-gateway.js';

const cpu = { name: 'cpu.usage', source: 'web-1', labels: {}, unit: '%' };
const cpuRule = {
  id: 'cpu-high',
  name: 'CPU is busy',
  metric: 'cpu.usage',
  match: {},
  when: '> 80',
  clear: '< 70',
  thresholds: [80],
  clearThresholds: [70],
  severity: 'high',
  enabled: true,
};

let browser: Browser;
let gateway: ScriptedGateway;
let page: Page;
let errors: string[];

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

beforeEach(async () => {
  gateway = new ScriptedGateway();
  gateway.rules = [cpuRule];
  await gateway.start();
  ({ page, errors } = await openPage(browser, gateway.url));
  await text('.connection', 'Live');
});
afterEach(async () => {
  await page.context().close();
  await gateway.stop();
});

/** Waits until an element shows a text. */
async function text(selector: string, wanted: string): Promise<void> {
  await page.locator(selector).filter({ hasText: wanted }).first().waitFor();
}

const gone = (selector: string): Promise<void> => page.locator(selector).first().waitFor({ state: 'detached' });
const button = (name: string) => page.getByRole('button', { name });
const dialog = (title: string) => page.getByRole('dialog', { name: title });

/** The picture of one chart: it changes when something else is drawn. */
const picture = () =>
  page
    .locator('.chart canvas')
    .first()
    .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

/** How many pixels of the first chart have a colour, `rgb(1, 2, 3)`. */
const pixelsOf = (color: string) =>
  page
    .locator('.chart canvas')
    .first()
    .evaluate((canvas: HTMLCanvasElement, wanted) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const starts = Array.from({ length: data.length / 4 }, (_, i) => i * 4);
      return starts.filter((i) => `rgb(${data.slice(i, i + 3).join(', ')})` === wanted).length;
    }, color);

async function introduce(name: string): Promise<void> {
  await dialog('Your name').getByLabel('Name').fill(name);
  await page.keyboard.press('Enter');
}

describe('charts', () => {
  it('draw values as they arrive, and say them as text', async () => {
    gateway.publish([{ series: cpu, time: Date.now() - 1000, value: 42 }]);
    await text('.chart .now', '42 %');
    const before = await picture();
    gateway.publish([{ series: cpu, time: Date.now(), value: 66.5, min: 30, max: 91 }]);
    await text('.chart .now', '66.5 %');
    await text('.chart .legend', '30 %');
    await text('.chart .legend', '91 %');
    expect(await picture()).not.toBe(before);
    expect(errors).toEqual([]);
  });

  it('draw a value that stands alone', async () => {
    gateway.publish([{ series: cpu, time: Date.now() - 3_600_000, value: 42 }]);
    await text('.chart .now', '42 %');
    const color = await page.locator('.chart .swatch').evaluate((swatch) => getComputedStyle(swatch).backgroundColor);
    expect(await pixelsOf(color)).toBe(0);
    gateway.publish([{ series: cpu, time: Date.now(), value: 43 }]);
    await expect.poll(() => pixelsOf(color)).toBeGreaterThan(5);
  });

  it('keep the value that was last seen when it has left the window', async () => {
    gateway.publish([{ series: cpu, time: Date.now() - 3_600_000, value: 42 }]);
    await text('.chart .legend', 'seen');
    expect(await page.locator('.chart tbody td').allTextContents()).toEqual(['42 %', '42 %', '42 %']);
  });

  it('keep their levels on one line however many digits their values have', async () => {
    const height = () => page.locator('.chart thead').evaluate((head) => head.clientHeight);
    await page.setViewportSize({ width: 320, height: 2000 });
    gateway.publish([{ series: cpu, time: Date.now() - 1000, value: 1 }]);
    await text('.chart .now', '1 %');
    const before = await height();
    gateway.publish([{ series: cpu, time: Date.now(), value: -12.34, min: -1234.5, max: 1234.5 }]);
    await text('.chart .legend', '-1234 %');
    expect(await height()).toBe(before);
  });

  it('name the levels at which their rules fire and clear', async () => {
    gateway.publish([{ series: cpu, time: Date.now(), value: 42 }]);
    await text('.chart .rules', 'alerts > 80');
    await text('.chart .rules', 'clears < 70');
  });

  it('stand still when paused by key, and go on', async () => {
    gateway.publish([{ series: cpu, time: Date.now(), value: 1 }]);
    await text('.chart .now', '1 %');
    await page.keyboard.press('Space');
    await text('.connection', 'Charts paused');
    await page.locator('.chart .u-over').waitFor();
    gateway.publish([{ series: cpu, time: Date.now() + 300, value: 2 }]);
    gateway.report({ received: 77 });
    await text('.flow', '77');
    expect(await page.locator('.chart .now').last().textContent()).toBe('1 %');
    await page.keyboard.press('Space');
    await text('.chart .now', '2 %');
  });

  it('can be searched by metric and by source', async () => {
    const memory = { name: 'memory.usage', source: 'db-1', labels: {} };
    gateway.publish([cpu, memory].map((series) => ({ series, time: Date.now(), value: 1 })));
    await text('.chart h3', 'memory.usage');
    await page.getByLabel('Search metrics').fill('db-1');
    await page.getByRole('heading', { name: 'cpu.usage' }).waitFor({ state: 'detached' });
    expect(await page.locator('.chart').count()).toBe(1);
    expect(page.url()).toContain('metric=db-1');
  });

  it('look over the window that is chosen, and the URL remembers it', async () => {
    await button('15 min').click();
    expect(page.url()).toContain('window=15m');
    await page.reload();
    await page.locator('button[aria-pressed=true]', { hasText: '15 min' }).waitFor();
  });
});

describe('alerts', () => {
  it('appear with severity in words, state, title and source', async () => {
    gateway.tell({ id: 'a', title: 'CPU is busy', severity: 'critical', source: 'web-7', count: 4 }, 'opened');
    await text('.alert', 'CPU is busy');
    for (const part of ['critical', 'Active', 'web-7', '×4']) await text('.alert', part);
    expect(await page.title()).toBe('(1) Tocsin');
  });

  it('name nobody and nothing where a name is empty', async () => {
    gateway.tell({ id: 'a', title: 'Manual', source: '', rule: '', category: 'custom' }, 'opened');
    await text('.alert', 'Manual');
    expect(await page.locator('.alert .facts li').allTextContents()).toEqual(['custom']);
    gateway.tell({ id: 'a', state: 'resolved', resolvedAt: Date.now(), resolvedBy: '' }, 'resolved');
    await expect.poll(() => page.locator('.alert .badge').allTextContents()).toEqual(['Resolved']);
  });

  it('say why a channel does not take them, while it is tried again', async () => {
    const delivery = { channel: 'pager', transition: 1, status: 'pending', attempts: 3, at: Date.now() } as const;
    gateway.tell({ id: 'a', title: 'Down', deliveries: [{ ...delivery, error: 'connect ECONNREFUSED' }] }, 'opened');
    await text('.alert .delivery', 'pager pending: connect ECONNREFUSED');
  });

  it('are announced when they are critical', async () => {
    gateway.tell({ id: 'a', title: 'Down', severity: 'critical', source: 'shop' }, 'opened');
    await text('p[role=alert]', 'Critical alert: Down, shop');
  });

  it('are acknowledged by button, with a name that is asked for once', async () => {
    gateway.tell({ id: 'a', title: 'First' }, 'opened');
    gateway.tell({ id: 'b', title: 'Second' }, 'opened');
    await button('Acknowledge First').click();
    await introduce('Ada');
    await text('.alert', 'Acknowledged by Ada');
    await button('Acknowledge Second').click();
    await expect
      .poll(() => gateway.commands.map(({ name, args }) => [name, args]))
      .toEqual([
        ['acknowledge', { id: 'a', by: 'Ada' }],
        ['acknowledge', { id: 'b', by: 'Ada' }],
      ]);
  });

  it('are acknowledged and resolved by keyboard alone', async () => {
    gateway.tell({ id: 'a', title: 'First', severity: 'high' }, 'opened');
    gateway.tell({ id: 'b', title: 'Second', severity: 'low' }, 'opened');
    await text('.alert', 'Second');
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    await introduce('Grace');
    await text('.alert', 'Acknowledged by Grace');
    await page.keyboard.press('j');
    await page.keyboard.press('r');
    await text('.alert.resolved', 'Resolved by Grace');
    await page.keyboard.press('r');
    await page.locator('.alert.resolved').nth(1).waitFor();
    expect(gateway.commands.map(({ name, args }) => [name, (args as { id: string }).id])).toEqual([
      ['acknowledge', 'a'],
      ['resolve', 'b'],
      ['resolve', 'a'],
    ]);
  });

  it('are left alone when the question for the name is declined', async () => {
    gateway.tell({ id: 'a', title: 'First' }, 'opened');
    await button('Acknowledge First').click();
    await page.keyboard.press('Escape');
    await dialog('Your name').waitFor({ state: 'hidden' });
    expect(gateway.commands).toEqual([]);
  });

  it('can be acknowledged with a note and an end', async () => {
    gateway.tell({ id: 'a', title: 'First' }, 'opened');
    await button('First').first().click();
    await page.getByLabel('Note').fill('Deploy is running');
    await page.getByLabel('How long').selectOption('for an hour');
    await button('Acknowledge with note').click();
    await introduce('Ada');
    await text('.detail', 'Deploy is running');
    const { note, until } = gateway.commands[0]!.args as { note: string; until: number };
    expect(note).toBe('Deploy is running');
    expect(Math.abs(until - Date.now() - 3_600_000)).toBeLessThan(60_000);
  });

  it('can be taken back right after they were acknowledged', async () => {
    gateway.tell({ id: 'a', title: 'First' }, 'opened');
    await button('Acknowledge First').click();
    await introduce('Ada');
    await button('Undo').click();
    await text('.badge', 'Active');
  });

  it('can no longer be taken back once they are resolved', async () => {
    gateway.tell({ id: 'a', title: 'First' }, 'opened');
    await button('Acknowledge First').click();
    await introduce('Ada');
    await button('Undo').waitFor();
    gateway.tell({ id: 'a', state: 'resolved', resolvedAt: Date.now() }, 'resolved');
    await text('.alert.resolved', 'First');
    await button('Undo').waitFor({ state: 'detached', timeout: 2000 });
  });

  it('say why a command was refused', async () => {
    gateway.answer = ({ ref }) => {
      return { op: 'error', ref, code: 'alert_resolved', message: 'the alert is already resolved', temporary: false };
    };
    gateway.tell({ id: 'a', title: 'First' }, 'opened');
    await button('Resolve First').click();
    await introduce('Ada');
    await text('.toast', 'the alert is already resolved (alert_resolved)');
  });

  it('move to the history when they are resolved', async () => {
    gateway.tell({ id: 'a', title: 'First' }, 'opened');
    await text('.alert', 'First');
    gateway.tell({ id: 'a', state: 'resolved', resolvedAt: Date.now() }, 'resolved');
    await text('.history .alert', 'First');
    await text('.alerts .empty', 'All quiet');
  });

  it('show what keeps quiet one that was told before', async () => {
    gateway.tell({ id: 'a', title: 'Told', status: 'delivered', silencedBy: ['s1'], inhibitedBy: ['b'] }, 'silenced');
    await text('.alert .facts .muted', 'silenced, inhibited');
    gateway.tell({ id: 'a', status: 'suppressed' });
    await gone('.alert .facts .muted');
  });

  it('are filtered by severity, state and words, and the URL says so', async () => {
    gateway.tell({ id: 'a', title: 'First', severity: 'critical' }, 'opened');
    gateway.tell({ id: 'b', title: 'Second', severity: 'low', state: 'acknowledged' }, 'opened');
    await page.locator('.chip', { hasText: 'critical' }).click();
    await page.getByText('Second').waitFor({ state: 'detached' });
    await page.locator('.chip', { hasText: 'acknowledged' }).click();
    await text('.empty', 'No open alert matches the filter');
    expect(page.url()).toContain('state=acknowledged&severity=critical');
    await button('Clear the filter').click();
    await page.keyboard.press('/');
    await page.keyboard.type('second');
    await expect.poll(() => page.locator('.alert h3').allTextContents()).toEqual(['Second']);
  });

  it('count down to their next escalation', async () => {
    const nextAt = Date.now() + 61_500;
    gateway.tell({ id: 'a', title: 'First', escalation: { level: 1, nextAt } }, 'opened');
    await text('.escalation', 'level 1, escalates in 1:0');
    await text('.escalation', 'escalates in 0:5');
  });

  it('show at most a hundred at a time, of as many as there are', async () => {
    for (let i = 0; i < 250; i++) gateway.tell({ id: `a${i}`, title: `Alert ${i}` }, 'opened');
    await text('.filter-top .count', '250');
    expect(await page.locator('.alert').count()).toBe(100);
    await button('150 more').click();
    await expect.poll(() => page.locator('.alert').count()).toBe(200);
  });
});

describe('the connection', () => {
  it('is told when it is lost, and everything goes on when it is back', async () => {
    gateway.tell({ id: 'a', title: 'Before' }, 'opened');
    await text('.alert', 'Before');
    await gateway.stop();
    await text('.banner', 'No connection to the server');
    await text('.connection', 'Offline');
    expect(await button('Acknowledge Before').isDisabled()).toBe(true);
    gateway.tell({ id: 'b', title: 'Meanwhile' }, 'opened');
    await gateway.start();
    await gone('.banner');
    await text('.alert', 'Meanwhile');
    gateway.publish([{ series: cpu, time: Date.now(), value: 12 }]);
    await text('.chart .now', '12 %');
  });

  it('can be tried at once', async () => {
    await gateway.stop();
    await button('Try now').waitFor();
    await gateway.start();
    await button('Try now')
      .click()
      .catch(() => {});
    await text('.connection', 'Live');
  });
});

describe('the page', () => {
  it('shows the rates, the stage times against the budget, and the drops', async () => {
    gateway.report({ time: 1000, received: 1000, rateLimited: 5 });
    gateway.report({ time: 2000, received: 4000, rateLimited: 5 });
    await text('.vitals', '3 k/s');
    await text('.vitals', 'p99 of 50 ms');
    await text('.stages', 'evaluate');
    await text('.facts', 'rate limited 5');
  });

  it('says which time the stages cover, and keeps what was last measured', async () => {
    const idle = { count: 0, mean: 0, p50: 0, p99: 0, max: 0 };
    gateway.report({ opened: 15, stageMs: { receive: idle, send: idle } });
    await text('.pipeline .empty', 'Nothing has gone through in the last 20 s.');
    gateway.report({ stageMs: { receive: { count: 1, mean: 4, p50: 3, p99: 7, max: 7 }, send: idle } });
    await text('.stages', '7 ms');
    gateway.report({ received: 123, stageMs: { receive: idle, send: idle } });
    await text('.flow', '123');
    await text('.stages', '7 ms');
    await text('.pipeline h2', 'last measured over 10–20 s');
  });

  it('follows the theme of the system, and a choice of its own that outlives a reload', async () => {
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background();
    expect(dark).not.toBe(light);
    await button('Theme: auto').click();
    await button('Theme: dark').click();
    await button('Theme: light').waitFor();
    expect(await background()).toBe(light);
    await page.reload();
    await button('Theme: light').waitFor();
    expect(await background()).toBe(light);
  });

  it.each(['dark', 'light'] as const)('has text that can be read in the %s theme', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    for (const severity of severities) gateway.tell({ id: severity, title: severity, severity, count: 2 }, 'opened');
    gateway.tell({ id: 'low', state: 'acknowledged', status: 'rate_limited' });
    gateway.tell({ id: 'gone', title: 'Gone', state: 'resolved', resolvedAt: Date.now() });
    const deliveries = (['delivered', 'dead', 'sending'] as const).map((status) => {
      return { channel: status, transition: 1, status, attempts: 1, at: 0 };
    });
    gateway.tell({
      id: 'critical',
      state: 'escalated',
      escalation: { level: 1, nextAt: Date.now() + 9e5 },
      deliveries,
    });
    gateway.publish([{ series: cpu, time: Date.now(), value: 42 }]);
    gateway.report({ rateLimited: 1 });
    await text('.alert', 'Gone');
    await text('.chart .now', '42 %');
    await text('.facts', 'rate limited 1');
    expect(await faintTexts(page, 4.5)).toEqual([]);
  });

  it('lists its keys', async () => {
    await page.keyboard.press('?');
    await dialog('Keys').getByText('acknowledge the alert').waitFor();
    await page.keyboard.press('Escape');
    await dialog('Keys').waitFor({ state: 'hidden' });
  });

  it('cuts off no ring around what has the focus', async () => {
    for (const field of ['Search alerts', 'Search metrics']) {
      const room = await page.getByLabel(field).evaluate((input) => {
        const scroller = input.closest('main > *')!.getBoundingClientRect();
        const { left, right } = input.getBoundingClientRect();
        return Math.min(left - scroller.left, scroller.right - right);
      });
      expect(room).toBeGreaterThanOrEqual(3);
    }
  });

  it.each([320, 390])('needs no sideways scrolling at %d pixels before the first metric', async (width) => {
    gateway.report({});
    await page.setViewportSize({ width, height: 800 });
    await text('.charts .empty', 'No metrics yet.');
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });

  it.each([320, 390, 768, 1440, 3840])('needs no sideways scrolling at %d pixels', async (width) => {
    gateway.tell({ id: 'a', title: 'A title that is rather long for a telephone held upright' }, 'opened');
    gateway.publish([{ series: cpu, time: Date.now(), value: 12 }]);
    gateway.report({});
    await text('.chart .now', '12 %');
    await page.setViewportSize({ width, height: 800 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });

  it('runs without inline scripts and without an error', () => {
    expect(errors).toEqual([]);
  });
});
