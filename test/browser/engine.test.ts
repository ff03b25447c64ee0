import { connect, type NatsConnection } from 'nats';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage } from '../support/browser.js';
import { TocsinProcess } from '../support/tocsin.js';

const config = `
rules:
  - id: cpu-high
    name: CPU is busy
    metric: cpu.usage
    when: "> 80"
    clear: "< 70"
    severity: critical
`;

let browser: Browser;
let tocsin: TocsinProcess;
let page: Page;
let nats: NatsConnection;

const text = (selector: string, wanted: string): Promise<void> => {
  return page.locator(selector).filter({ hasText: wanted }).first().waitFor();
};

function publish(value: number): void {
  nats.publish('metrics.web-1.cpu.usage', JSON.stringify({ value, unit: '%' }));
}

beforeAll(async () => {
  tocsin = new TocsinProcess(config);
  await tocsin.start();
  browser = await openBrowser();
  ({ page } = await openPage(browser, tocsin.url));
  await text('.connection', 'Live');
  nats = await connect({ servers: tocsin.nats });
});
afterAll(async () => {
  await nats?.close();
  await browser?.close();
  await tocsin?.[Symbol.asyncDispose]();
});

describe('the page of a running engine, from a sample on NATS to its end', () => {
  it('draws a sample that any NATS client has published, with the level of its rule', async () => {
    publish(42);
    await text('.chart .now', '42 %');
    await text('.chart .rules', 'alerts > 80');
    await text('.chart .rules', 'clears < 70');
  });

  it('shows the alert that a sample opens, and how long it took against the budget', async () => {
    publish(91);
    await text('.alert', 'cpu.usage > 80 (current: 91, severity: critical)');
    await text('.alert .delivery.delivered', 'delivered');
    await text('.stages', 'evaluate');
  });

  it('has it acknowledged by keyboard', async () => {
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    await page.getByRole('dialog').getByLabel('Name').fill('Ada');
    await page.keyboard.press('Enter');
    await text('.badge', 'Acknowledged by Ada');
  });

  it('tells that the engine was killed, and goes on by itself when it is back', async () => {
    await nats.close();
    await tocsin.stop('SIGKILL');
    await text('.banner', 'No connection to the server');
    await tocsin.start();
    await page.locator('.banner').waitFor({ state: 'detached', timeout: 30_000 });
    await text('.badge', 'Acknowledged by Ada');
    nats = await connect({ servers: tocsin.nats });
  });

  it('moves it to the history when the value is back to normal', async () => {
    publish(60);
    await text('.history .alert', 'CPU is busy');
    await text('.alerts .empty', 'All quiet');
    expect(await page.title()).toBe('Tocsin');
  });
});
