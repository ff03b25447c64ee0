/**
 * Pictures of the page for the documentation, from the real demo: `npx tsx test/browser/screenshots.ts`, after
 * `npm run build`. It takes two minutes and a quarter, so that the charts have a past and the story is at its height.
 */
import { mkdirSync } from 'node:fs';
import type { BrowserContextOptions } from 'playwright-core';
import { openBrowser, openPage } from '../support/browser.js';
import { TocsinProcess } from '../support/tocsin.js';

const folder = 'docs/images';
const storyMs = 137_000;

const pictures: Readonly<Record<string, BrowserContextOptions>> = {
  'dashboard-dark': { colorScheme: 'dark' },
  'dashboard-light': { colorScheme: 'light' },
  'dashboard-phone': { colorScheme: 'dark', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};

mkdirSync(folder, { recursive: true });
await using tocsin = new TocsinProcess();
await tocsin.start();
const browser = await openBrowser();
const pages = await Promise.all(
  Object.entries(pictures).map(async ([name, options]) => {
    return { name, ...(await openPage(browser, `${tocsin.url}/?window=5m`, options)) };
  }),
);
await pages[0]!.page.waitForTimeout(storyMs);
for (const { name, page } of pages) await page.screenshot({ path: `${folder}/${name}.png` });
await browser.close();
