/** Settings of the demo's Node-RED: this machine only, no telemetry, nothing fetched from a network. */
module.exports = {
  uiHost: '127.0.0.1',
  uiPort: Number(process.env.DEMO_PORT),
  flowFile: 'flows.json',
  flowFilePretty: true,
  // The demo's secrets are in the repository; encrypting them would only hide that.
  credentialSecret: false,
  // The start script reads what Node-RED logs.
  lang: 'en-US',
  telemetry: { enabled: false, updateNotification: false },
  externalModules: { palette: { allowInstall: false, allowUpload: false }, modules: { allowInstall: false } },
  editorTheme: {
    tours: false,
    palette: { catalogues: [] },
    page: { title: 'Node-RED · HTTP connector demo' },
  },
  logging: { console: { level: 'info', metrics: false, audit: false } },
};

// Without the process that started it, Node-RED would run on with nobody to end it.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
