/**
 * A node for benches alone: keeps so many messages under way through the nodes that are wired from its output back to its
 * input, and says what that cost. `GET /bench/:id?count=&concurrency=` on the admin side runs one round.
 */
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
