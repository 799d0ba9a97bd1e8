/** The nodes that the browser tests edit. Each test has its own, because they share one editor. */
export const ids = { tab: '', connection: '', request: '', webhook: '', second: '', poll: '' };

let flows = 0;

export function renewIds(): void {
  flows++;
  for (const [index, name] of Object.keys(ids).entries()) {
    ids[name as keyof typeof ids] = `d1a106e5${(flows * 100 + index).toString().padStart(8, '0')}`;
  }
}

/** A path of the test's own. */
export function webhookPath(): string {
  return `hooks/${ids.tab}/new-order`;
}

type Properties = Record<string, unknown>;

export function connection(properties: Properties = {}): object {
  return {
    id: ids.connection,
    type: 'http-connection',
    configVersion: 1,
    name: 'Shop',
    baseUrl: 'http://127.0.0.1:9/v1',
    allowedHosts: '',
    auth: 'none',
    authFields: [],
    tls: '',
    connectTimeout: 10,
    firstByteTimeout: 60,
    idleTimeout: 60,
    totalTimeout: 120,
    keepAlive: true,
    maxResponseSize: 50,
    ...properties,
  };
}

function inFlow(y: number): Properties {
  return { z: ids.tab, x: 200, y, wires: [[]] };
}

export function request(properties: Properties = {}): object {
  return {
    id: ids.request,
    type: 'send-request',
    ...inFlow(100),
    configVersion: 1,
    name: '',
    connection: ids.connection,
    method: 'GET',
    url: 'orders',
    query: [],
    headers: [{ name: 'X-Trace', value: '_msgid', type: 'msg' }],
    bodyKind: 'none',
    body: '',
    form: [],
    contentType: '',
    bodyProperty: 'payload',
    responseKind: 'auto',
    responseProperty: 'payload',
    success: '2xx',
    ...properties,
  };
}

export function webhook(properties: Properties = {}): object {
  return {
    id: ids.webhook,
    type: 'webhook-trigger',
    ...inFlow(180),
    configVersion: 1,
    name: '',
    event: 'New order',
    path: webhookPath(),
    methods: ['POST'],
    payload: 'auto',
    rawBody: false,
    maxSize: 1024,
    verification: 'none',
    secretHeader: 'X-Webhook-Secret',
    answerStatus: 200,
    answerHeaders: [],
    answerBody: '{"status":"ok"}',
    ...properties,
  };
}

export function poll(properties: Properties = {}): object {
  return {
    id: ids.poll,
    type: 'polling-trigger',
    ...inFlow(340),
    configVersion: 1,
    name: '',
    connection: ids.connection,
    event: 'New order',
    url: 'orders',
    query: [{ name: 'limit', value: '50', type: 'num' }],
    headers: [],
    interval: 60,
    intervalUnit: 's',
    records: '',
    key: 'id',
    firstRun: 'now',
    ...properties,
  };
}
