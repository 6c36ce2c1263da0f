// Looks at every page, light and dark, on a desk and on a telephone: nothing goes wrong in it, axe has no serious finding, and it is
// no wider than the screen. Arguments: the server's address, a folder for pictures or `-`, then the paths.
import { join } from 'node:path';
import { axeFindings, overflow, tab, theme, withBrowser } from './browser.mjs';

const [url, pictures, ...paths] = process.argv.slice(2);
const SCREENS = [{ width: 1440, height: 900 }, { width: 390, height: 844, isMobile: true, hasTouch: true }];

const inspected = async (browser, path) => {
  const findings = [];
  for (const screen of SCREENS) {
    for (const scheme of ['light', 'dark']) {
      const { page, wrong } = await tab(browser);
      await page.setViewport(screen);
      await theme(page, scheme);
      await page.goto(url + path, { waitUntil: 'load' });
      const wider = await overflow(page);
      if (wider > 0) { wrong.push(`${wider} px wider than the screen`); }
      if (pictures !== '-') {
        const name = `${path.replace(/\W+/g, '_').slice(0, 60)}-${screen.width}-${scheme}.png`;
        await page.screenshot({ path: join(pictures, name) });
      }
      wrong.push(...await axeFindings(page));
      findings.push(...wrong.map((text) => `${path} ${screen.width} ${scheme}: ${text}`));
      await page.close();
    }
  }
  return findings;
};

const findings = await withBrowser(async (browser) => {
  const all = [];
  for (const path of paths) { all.push(...await inspected(browser, path)); }
  return all;
});
console.log(JSON.stringify({ inspected: paths.length, findings }));
