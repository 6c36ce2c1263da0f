// Reads a feed with geteventstore-promise, a client written for EventStoreDB, and prints what it got.
const { HTTPClient } = require('geteventstore-promise');

const [hostname, port, stream] = process.argv.slice(2);
// The client insists on credentials; a feed asks for none.
const credentials = { username: 'reader', password: 'none' };
const client = new HTTPClient({ hostname, port: Number(port), credentials });

async function main() {
  const all = await client.getAllStreamEvents(stream, 3);
  const newest = await client.getEvents(stream, undefined, 2, 'backward');
  const refused = await client.writeEvent(stream, 'figure-reported', { value: '1' }).catch((error) => error);
  console.log(JSON.stringify({
    exists: await client.checkStreamExists(stream),
    other: await client.checkStreamExists('other'),
    events: all.map(({ eventId, eventType, eventNumber, data, metaData }) => (
      { eventId, eventType, eventNumber, data, metaData }
    )),
    newest: newest.map((event) => event.eventNumber),
    refused: refused.response && refused.response.status,
  }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
