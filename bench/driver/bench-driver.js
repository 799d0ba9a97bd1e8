/**
 * A node for benches alone: keeps so many messages under way through the nodes that are wired from its output back to its
 * input, and says what that cost. `GET /bench/:id?count=&concurrency=` on the admin side runs one round.
 *
 * `GET /bench/start` says what the start of Node-RED took, from the beginning of the process until its flows ran:
 * `{ ms, cpuMs, rssMb, heapMb }`, the last one after a collection, which happens when it is asked for.
 */
const { setImmediate } = require('node:timers');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

/** Megabytes that are in use after everything that can go is gone. */
function heldHeap() {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 / 1024;
}

module.exports = function (RED) {
  function BenchDriver(config) {
    RED.nodes.createNode(this, config);
    const node = this;
    let round;

    node.run = (count, concurrency) =>
      new Promise((resolve, reject) => {
        const times = [];
        let sent = 0;
        const cpu = process.cpuUsage();
        const started = process.hrtime.bigint();
        const next = () => node.send({ payload: '', at: performance.now(), number: sent++ });
        round = (msg) => {
          if (msg.error) return reject(new Error(JSON.stringify(msg.error)));
          if (msg.statusCode && (msg.statusCode !== 200 || !msg.payload?.data)) {
            return reject(new Error(`not an answer: ${msg.statusCode} ${JSON.stringify(msg.payload)}`));
          }
          times.push(performance.now() - msg.at);
          if (sent < count) return next();
          if (times.length < count) return undefined;
          const used = process.cpuUsage(cpu);
          const seconds = Number(process.hrtime.bigint() - started) / 1e9;
          times.sort((a, b) => a - b);
          return resolve({
            rps: count / seconds,
            cpuUsPerOp: (used.user + used.system) / count,
            p50: times[Math.floor(count * 0.5)],
            p99: times[Math.floor(count * 0.99)],
            rssMb: process.memoryUsage.rss() / 1024 / 1024,
          });
        };
        for (let i = 0; i < Math.min(count, concurrency); i++) next();
      });

    // a fresh turn of the event loop for each answer, as behind any real node
    node.on('input', (msg, _send, done) => {
      done();
      round?.(msg);
    });
  }
  RED.nodes.registerType('bench-driver', BenchDriver);

  let started;
  RED.events.once('flows:started', () => {
    // a turn later: what the others do at this event belongs to the start
    setImmediate(() => {
      const { user, system } = process.cpuUsage();
      const ms = performance.now();
      const rssMb = process.memoryUsage.rss() / 1024 / 1024;
      started = { ms, cpuMs: (user + system) / 1000, rssMb };
    });
  });
  RED.httpAdmin.get('/bench/start', (_request, response) =>
    response.json({ ...started, heapMb: heldHeap() }),
  );
  RED.httpAdmin.get('/bench/:id', (request, response) => {
    const { count, concurrency } = request.query;
    RED.nodes
      .getNode(request.params.id)
      .run(Number(count), Number(concurrency))
      .then(
        (result) => response.json(result),
        (error) => response.status(500).send(String(error)),
      );
  });
};
