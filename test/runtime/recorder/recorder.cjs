/**
 * Passes on what Node-RED tells its editor: messages at debug nodes and the status of nodes.
 *
 * Why not the editor's own websocket: nobody can be connected to it before the flows start, and what leaves first after
 * a restart is just what restart tests ask about.
 */
const { openSync, writeSync } = require('node:fs');

module.exports = (RED) => {
  // What was told to another process may be on its way when this one is killed; what was written to a file is there.
  const record = process.env.RECORD_DEBUG_TO ? openSync(process.env.RECORD_DEBUG_TO, 'a') : undefined;
  const tell = (event) => {
    if (process.connected) process.send(event);
  };
  RED.events.on('comms', ({ topic, data }) => {
    // The debug side bar shows warnings and errors of the log as well: those have a level.
    if (topic !== 'debug' || data.level !== undefined) return;
    if (record !== undefined) writeSync(record, `${JSON.stringify(data)}\n`);
    tell({ kind: 'debug', data });
  });
  RED.events.on('node-status', ({ id, status }) => tell({ kind: 'status', id, status }));
  RED.events.on('flows:started', () => tell({ kind: 'started' }));

  // What keeps the process busy: a redeploy must leave none of it behind.
  process.on('message', (asked) => {
    if (asked === 'resources') tell({ kind: 'resources', names: process.getActiveResourcesInfo() });
  });

  RED.httpAdmin.get('/recorder/hooks', (_request, response) =>
    response.json({ has: RED.hooks.has('onSend') }),
  );

  // A test run that was killed must not leave Node-RED behind.
  process.once('disconnect', () => process.exit(1));
};
