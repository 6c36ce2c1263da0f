// Follows every link from the first page: each page is HTML without a parse error, has a title and one heading, and each link on it
// leads somewhere. Links that only repeat a page with other parameters are followed so often as `EACH` says.
// Arguments: the server's address, then paths to begin with.
import { parse5 } from './browser.mjs';

const [url, ...first] = process.argv.slice(2);
/** So many links of one path are followed. */
const EACH = 25;

const elements = function* (node) {
  for (const child of node.childNodes ?? []) {
    yield child;
    yield* elements(child);
  }
};

const attribute = (node, name) => node.attrs?.find((own) => own.name === name)?.value;

const findings = [];
const queue = [...first];
const seen = new Set(queue);
const count = new Map();

const take = (from, target) => {
  const address = new URL(target, url + from);
  if (address.origin !== url) { findings.push(`${from}: leads away, ${target}`); return; }
  const path = address.pathname + address.search;
  const kind = address.pathname.replace(/[0-9a-f]{64}|\d+/g, '*');
  const times = count.get(kind) ?? 0;
  if (seen.has(path) || times >= EACH) { return; }
  count.set(kind, times + 1);
  seen.add(path);
  queue.push(path);
};

const looked = (path, text) => {
  const errors = [];
  const document = parse5.parse(text, { onParseError: (error) => errors.push(error.code), sourceCodeLocationInfo: true });
  findings.push(...errors.map((code) => `${path}: ${code}`));
  const all = [...elements(document)];
  const ids = all.map((own) => attribute(own, 'id')).filter(Boolean);
  if (new Set(ids).size !== ids.length) { findings.push(`${path}: an id stands twice`); }
  if (all.filter((own) => own.nodeName === 'h1').length !== 1) { findings.push(`${path}: not one heading`); }
  for (const own of all) {
    if (attribute(own, 'style') !== undefined || own.nodeName === 'style') { findings.push(`${path}: style of its own`); }
    if (own.nodeName === 'script' && attribute(own, 'src') === undefined) { findings.push(`${path}: script of its own`); }
    const target = own.nodeName === 'a' ? attribute(own, 'href') : undefined;
    if (target?.startsWith('#') && target.length > 1 && !ids.includes(target.slice(1))) { findings.push(`${path}: ${target} is not on the page`); }
    if (target !== undefined && !target.startsWith('#')) { take(path, target); }
  }
};

for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
  const answer = await fetch(url + path, { headers: { accept: 'text/html' } });
  const text = await answer.text();
  if (!answer.ok) { findings.push(`${path}: ${answer.status}`); }
  if (answer.headers.get('content-type')?.startsWith('text/html')) { looked(path, text); }
}
console.log(JSON.stringify({ followed: seen.size, findings }));
