/** The server that outbound benches ask: `/N` answers with about N bytes of JSON. Prints its port. */
import { createServer } from 'node:http';

const bodies = new Map();
const body = (size) => {
  if (!bodies.has(size)) bodies.set(size, Buffer.from(JSON.stringify({ data: 'x'.repeat(size - 11) })));
  return bodies.get(size);
};
const server = createServer((request, response) => {
  request.resume();
  const answer = body(Number(request.url.slice(1)));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
  response.end(answer);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
