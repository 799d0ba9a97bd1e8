/**
 * Sends one request over and over, on so many connections at once, over plain sockets: it costs less than the server that is
 * measured. Told by the parent process, which it tells what it measured.
 */
import { connect } from 'node:net';

/** Reads answers off a socket: status, and where each one ends. */
function reader(onAnswer) {
  let buffered = Buffer.alloc(0);
  return (chunk) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    for (;;) {
      const end = buffered.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = buffered.toString('latin1', 0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (buffered.length < end + 4 + length) return;
      buffered = buffered.subarray(end + 4 + length);
      onAnswer(Number(head.slice(9, 12)));
    }
  };
}

function round({ port, path, headers, size, connections, count }) {
  const start = '{"id":"0123456789","kind":"order","data":"';
  const body = `${start}${'x'.repeat(Math.max(0, size - start.length - 2))}"}`;
  const fields = Object.entries({ ...headers, 'Content-Length': Buffer.byteLength(body) });
  const lines = fields.map(([name, value]) => `${name}: ${value}`).join('\r\n');
  const request = Buffer.from(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines}\r\n\r\n${body}`);
  const times = [];
  let sent = 0;
  return new Promise((resolve, reject) => {
    const began = performance.now();
    let open = connections;
    for (let n = 0; n < connections; n++) {
      const socket = connect(port, '127.0.0.1').setNoDelay();
      let at = 0;
      const next = () => {
        if (sent++ >= count) {
          socket.end();
          if (--open === 0) resolve({ times, seconds: (performance.now() - began) / 1000 });
          return;
        }
        at = performance.now();
        socket.write(request);
      };
      socket.on('connect', next).on('error', reject);
      socket.on(
        'data',
        reader((status) => {
          if (status !== 200) return reject(new Error(`the answer was ${status}`));
          times.push(performance.now() - at);
          return next();
        }),
      );
    }
  });
}

process.on('message', (asked) => {
  round(asked).then(
    ({ times, seconds }) => {
      times.sort((a, b) => a - b);
      const at = (part) => times[Math.floor(times.length * part)];
      process.send({ rps: times.length / seconds, p50: at(0.5), p99: at(0.99) });
    },
    (error) => process.send({ error: String(error) }),
  );
});
process.send('ready');
