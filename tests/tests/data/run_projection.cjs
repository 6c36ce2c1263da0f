// Runs a projection's script over recorded lines, as a server would, and prints what it linked where.
// Of the server's surface only what such a script may use is here; anything else is an error.
const fs = require('fs');
const vm = require('vm');

const [script, stream, lines] = process.argv.slice(2);
const handlers = [];
const links = {};
const server = {
  fromStream: (name) => ({
    when: (handler) => {
      handlers.push({ name, handler });
    },
  }),
  linkTo: (name, event) => {
    // A server numbers links by itself; a link is `number@stream`.
    (links[name] = links[name] || []).push(`${event.sequenceNumber}@${event.streamId}`);
  },
};

vm.runInNewContext(fs.readFileSync(script, 'utf8'), server, { filename: script });
if (handlers.length !== 1 || handlers[0].name !== stream) {
  throw new Error(`the script reads ${handlers.map((own) => own.name)}, not ${stream}`);
}

const { handler } = handlers[0];
let state = handler.$init ? handler.$init() : {};
fs.readFileSync(lines, 'utf8').trimEnd().split('\n').forEach((text, sequenceNumber) => {
  const data = JSON.parse(text);
  const event = { isJson: true, data, body: data, streamId: stream, sequenceNumber, eventType: data.type };
  const handle = handler[event.eventType] || handler.$any;
  state = handle(state, event) || state;
});
// What is no line must be passed over: an event without data, and one that is no JSON.
const strange = { isJson: false, data: null, streamId: stream, sequenceNumber: -1, eventType: 'stray' };
handler.$any(state, strange);
handler.$any(state, { ...strange, isJson: true, data: { unit: 7 } });

process.stdout.write(JSON.stringify(links));
