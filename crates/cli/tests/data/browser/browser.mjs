// A real Chromium, driven over its own protocol; the test gives the folder of node_modules in NODE_PATH.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const load = createRequire(join(process.env.NODE_PATH, 'x.js'));
export const parse5 = load('parse5');
const axe = load('axe-core');
const puppeteer = load('puppeteer-core');

/** Findings below these are advice. */
const SERIOUS = ['serious', 'critical'];

/** Opens the browser, hands it to `use`, and closes it whatever happens. */
export const withBrowser = async (use) => {
  const browser = await puppeteer.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'],
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
};

/** A tab that notes down everything that goes wrong in it. */
export const tab = async (browser) => {
  const page = await browser.newPage();
  const wrong = [];
  page.on('console', (message) => { if (['error', 'warn'].includes(message.type())) { wrong.push(`console: ${message.text()}`); } });
  page.on('pageerror', (error) => wrong.push(`script: ${error.message}`));
  page.on('requestfailed', (request) => { if (!request.failure().errorText.includes('ERR_ABORTED')) { wrong.push(`request: ${request.url()} ${request.failure().errorText}`); } });
  page.on('response', (response) => { if (response.status() >= 400) { wrong.push(`${response.status()}: ${response.url()}`); } });
  return { page, wrong };
};

/** Serious findings of axe, one sentence each. */
export const axeFindings = async (page) => {
  await page.evaluate(axe.source);
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const serious = result.violations.filter((own) => SERIOUS.includes(own.impact));
  return serious.map((own) => `axe ${own.id}: ${own.help}; ${own.nodes.length} places, first ${own.nodes[0].target.join(' ')}: ${own.nodes[0].failureSummary?.split('\n')[1]?.trim()}`);
};

/** By how many pixels the page is wider than what is seen of it. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export const theme = (page, scheme) => page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
