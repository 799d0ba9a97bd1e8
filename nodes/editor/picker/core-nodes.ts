/** What the nodes that come with Node-RED put out, as far as it is known before they run. */
import { asText } from '../checks';
import { changed } from './change-rules';
import { textsIn, type FlowNode } from './flow-graph';
import {
  Unseen,
  isBranch,
  nothing,
  valueIn,
  withValueAt,
  withValues,
  type KnownMessage,
} from './known-message';
import { adding, fresh, none, orNothing, replacing, through, type Puts } from './puts';
import { parsed, typedValue } from './typed-values';

const any = new Unseen();
const string = new Unseen('string');
const number = new Unseen('number');
const boolean = new Unseen('boolean');
const object = new Unseen('object');
const array = new Unseen('array');
const buffer = new Unseen('buffer');

const source = { id: string, type: string, name: string };
const parts = { id: string, type: string, index: number, count: number };

/** Ids that a scope names; undefined for all nodes of the tab. */
function scopeOf({ scope }: FlowNode): string[] | undefined {
  return Array.isArray(scope) ? textsIn(scope) : undefined;
}

const inject: Puts = (node) => {
  // releases before 1.1 had these two and no list
  const props = Array.isArray(node.props) ? (node.props as (Record<string, unknown> | null)[]) : undefined;
  return [
    (props ?? [{ p: 'payload' }, { p: 'topic', vt: 'str' }]).reduce<KnownMessage>((message, entry) => {
      const { p, v, vt } = entry ?? {};
      if (typeof p !== 'string') return message;
      if (p === 'payload' && v === undefined) {
        return withValueAt(message, node.id, p, typedValue(node.payload, node.payloadType ?? 'date'));
      }
      const value =
        p === 'topic' && v === undefined ? typedValue(node.topic, vt ?? 'str') : typedValue(v, vt, message);
      return value === '' ? message : withValueAt(message, node.id, p, value);
    }, nothing),
  ];
};

/** What was text becomes data, and the other way round, unless the node is told which. */
function converting(toData: (text: unknown) => unknown): Puts {
  return replacing(
    ({ property }) => property,
    ({ action }, message, path) => {
      const before = valueIn(message, path);
      const isData = isBranch(before) || (before instanceof Unseen && /^(object|array)$/.test(before.type));
      if (action === 'str' || (action !== 'obj' && isData)) return string;
      return isData ? before : toData(before);
    },
  );
}

const csv = replacing(
  () => 'payload',
  ({ temp, multi }, message) => {
    const before = valueIn(message, 'payload');
    if (isBranch(before)) return string;
    const columns = asText(temp)
      .split(',')
      .map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
      .filter(Boolean);
    const row = columns.length > 0 ? Object.fromEntries(columns.map((name) => [name, any])) : object;
    return multi === 'mult' ? [row] : row;
  },
);

const split: Puts = (node, _port, upstream) =>
  orNothing(upstream.before()).map((message) => {
    const path = asText(node.property) || 'payload';
    const before = valueIn(message, path);
    const piece = pieceOf(before);
    return withValues(withValueAt(message, node.id, path, piece), node.id, { parts });
  });

function pieceOf(value: unknown): unknown {
  if (Array.isArray(value)) return (value as unknown[])[0] ?? any;
  if (typeof value === 'string') return string;
  if (isBranch(value)) return Object.values(value)[0] ?? any;
  return value instanceof Unseen && /^(string|buffer)$/.test(value.type) ? value : any;
}

const joined: Readonly<Record<string, (piece: unknown) => unknown>> = {
  array: (piece) => [piece],
  object: () => object,
  merged: (piece) => (isBranch(piece) ? piece : object),
  string: () => string,
  buffer: () => buffer,
};

const join: Puts = (node, _port, upstream) =>
  orNothing(upstream.before()).map((message) => {
    const custom = node.mode === 'custom';
    const path = (custom && node.propertyType !== 'full' && asText(node.property)) || 'payload';
    const before = valueIn(message, path) ?? any;
    const build = custom && node.propertyType !== 'full' ? String(node.build) : '';
    const value = Object.hasOwn(joined, build) ? joined[build]!(before) : any;
    const rest = new Map(message);
    rest.delete('parts');
    return withValueAt(rest, node.id, path, value);
  });

const template = (node: FlowNode): unknown => {
  const text = typeof node.template === 'string' ? node.template : '';
  const isFixed = node.syntax === 'plain' || !text.includes('{{');
  if (node.output === 'json') return isFixed ? parsed(text, any) : any;
  if (node.output === 'yaml') return any;
  return isFixed ? text : string;
};

const fileFormats: Readonly<Record<string, unknown>> = {
  utf8: string,
  lines: string,
  stream: buffer,
  '': buffer,
};

const caught: Puts = (node, _port, upstream) => {
  const error = { message: string, source: { ...source, count: number } };
  const scope = scopeOf(node);
  const ours = upstream.neighbours().filter(({ id }) => scope?.includes(id) ?? true);
  const failure = ours.length > 0 ? { failure: failureShape } : {};
  return orNothing(scope ? upstream.arrivingAt(scope) : []).map((message) =>
    withValues(message, node.id, { error, ...failure }),
  );
};

/** What our nodes say of a failure. */
export const failureShape = {
  id: string,
  type: string,
  typeId: string,
  message: string,
  retryable: boolean,
  attempts: number,
  elapsed: number,
  request: { method: string, url: string },
  response: { statusCode: number, statusText: string, headers: object, body: any },
};

const statusValues = () => ({ status: { text: string, fill: string, shape: string, source } });

export const status: Puts = fresh(statusValues);

const executed: readonly (() => Record<string, unknown>)[] = [
  () => ({ payload: string }),
  () => ({ payload: string }),
  () => ({ payload: { code: number } }),
];

const network = { payload: any, topic: string };

export const coreNodes: Readonly<Record<string, Puts>> = {
  inject,
  'http in': fresh(({ method }) => ({
    req: {
      method: string,
      url: string,
      headers: object,
      params: object,
      query: object,
      cookies: object,
      ...(method === 'get' ? {} : { body: any }),
    },
    payload: method === 'get' ? object : any,
  })),
  'http request': adding(({ ret }) => ({
    payload: ret === 'bin' ? buffer : ret === 'obj' ? any : string,
    statusCode: number,
    headers: object,
    responseUrl: string,
    responseCookies: object,
    redirectList: array,
  })),
  json: converting((text) => parsed(text, any)),
  xml: converting(() => object),
  yaml: converting(() => any),
  csv,
  html: replacing(
    ({ outproperty, property }) => outproperty || property,
    () => array,
  ),
  'file in': adding(({ format, filename, filenameType }) => ({
    payload: fileFormats[String(format)] ?? any,
    ...(filenameType === 'str' && filename ? { filename } : {}),
    ...(format === 'lines' || format === 'stream' ? { parts } : {}),
  })),
  change: (node, _port, upstream) => orNothing(upstream.before()).map((message) => changed(message, node)),
  template: (node, port, upstream) => {
    if ((node.fieldType ?? 'msg') !== 'msg') return upstream.before();
    return replacing(({ field }) => field, template)(node, port, upstream);
  },
  range: replacing(
    ({ property }) => property,
    () => number,
  ),
  trigger: (node, port, upstream) => {
    const given = port === 1 ? node.op2type : node.op1type;
    if (given === 'pay' || given === 'payl') return upstream.before();
    const value = port === 1 ? node.op2 : node.op1;
    const payload = given === 'val' ? any : typedValue(value, given);
    return adding(() => ({ payload }))(node, port, upstream);
  },
  split,
  join,
  batch: through,
  sort: through,
  function: through,
  switch: through,
  delay: through,
  rbe: through,
  file: through,
  junction: through,
  exec: adding((_node, port) => (executed[port] ?? executed[0]!)()),
  catch: caught,
  complete: (node, _port, upstream) => upstream.leaving(scopeOf(node) ?? []),
  status,
  'mqtt in': fresh(() => ({ topic: string, payload: any, qos: number, retain: boolean })),
  'websocket in': fresh(() => ({ payload: any })),
  'tcp in': fresh(() => network),
  'tcp request': adding(() => ({ payload: any })),
  'udp in': fresh(() => ({ payload: any, fromip: string, ip: string, port: number })),
  watch: fresh(() => ({
    payload: string,
    topic: string,
    file: string,
    filename: string,
    type: string,
    size: number,
  })),
  comment: none,
  debug: none,
};
