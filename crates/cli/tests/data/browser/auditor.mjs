// An auditor's way: overview, a cell, its trail, two dates compared, and the proof of the cell into a folder.
// Arguments: the server's address, the folder.
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { tab, withBrowser } from './browser.mjs';

const [url, folder] = process.argv.slice(2);

const say = (condition, sentence) => { if (!condition) { throw new Error(sentence); } };
const heading = (page) => page.$eval('h1', (own) => own.textContent);
const click = (page, selector) => Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.$eval(selector, (own) => own.click())]);

const done = async () => {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files.find((name) => name.endsWith('.cell'));
};

const told = await withBrowser(async (browser) => {
  const { page, wrong } = await tab(browser);
  await page.setViewport({ width: 1440, height: 900 });
  await page.goto(`${url}/`, { waitUntil: 'load' });
  say(await heading(page) === '总览', 'the first page is the overview');
  say((await page.$$('.heat td.k a')).length > 100, 'the heat map has its cells');

  // The keyboard is enough: from the first cell one to the right, and in.
  await page.focus('.heat td.k a');
  await page.keyboard.press('ArrowRight');
  const about = await page.evaluate(() => document.activeElement.getAttribute('aria-label'));
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.keyboard.press('Enter')]);
  const cell = await heading(page);
  const [area] = cell.split(' · ');
  say(about.startsWith(area), `the cell is the one that was chosen: ${about}, ${cell}`);
  say((await page.$$('.calc tbody tr')).length > 3, 'the arithmetic is there step by step');
  const address = page.url();

  await page.goto(address.replace('/cell', '/trail'), { waitUntil: 'load' });
  say((await page.$$('.tl li')).length > 0, 'the trail has its lines');

  await page.goto(`${url}/diff`, { waitUntil: 'load' });
  await click(page, '[aria-label="常用的起点"] a');
  say((await page.$$('.effects')).length > 0, 'two dates are compared, with what moved the points');

  await page.goto(address, { waitUntil: 'load' });
  const session = await page.createCDPSession();
  await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
  await page.click('#cell-proof');
  let file = await done();
  for (let tries = 0; file === undefined && tries < 300; tries += 1) {
    await pause(100);
    file = await done();
  }
  say(file !== undefined, 'the proof came');
  say(wrong.length === 0, wrong.join('; '));
  return { cell, file };
});
console.log(JSON.stringify(told));
