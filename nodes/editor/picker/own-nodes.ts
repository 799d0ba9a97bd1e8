/** What our own nodes put out: their kept sample, else the names that are always there. */
import { asText } from '../checks';
import { failureShape } from './core-nodes';
import type { FlowNode } from './flow-graph';
import { Unseen, nothing, stepsOf, withValueAt, withValues } from './known-message';
import { orNothing, type Puts } from './puts';
import { parsed } from './typed-values';

const any = new Unseen();
const string = new Unseen('string');
const number = new Unseen('number');
const object = new Unseen('object');
const array = new Unseen('array');

type Message = Record<string, unknown>;

/** The sample that is kept with a node; undefined when there is none. */
export function sampleIn({ outputSample }: FlowNode): Message | undefined {
  const sample = outputSample === '' ? undefined : parsed(outputSample, undefined);
  return typeof sample === 'object' && sample !== null && !Array.isArray(sample)
    ? (sample as Message)
    : undefined;
}

function event(name: unknown): Message {
  return {
    id: string,
    name: typeof name === 'string' && name !== '' ? name : string,
    type: string,
    time: string,
    attempt: number,
  };
}

function topic({ event: name }: FlowNode): Message {
  return typeof name === 'string' && name !== '' ? { topic: name } : {};
}

function webhookShape(node: FlowNode): Message {
  const names = [...asText(node.path).matchAll(/:(\w+)/g)].map(([, name]) => name!);
  return {
    payload: node.payload === 'text' ? string : any,
    ...topic(node),
    event: event(node.event),
    request: {
      method: string,
      url: string,
      path: string,
      params: names.length > 0 ? Object.fromEntries(names.map((name) => [name, string])) : object,
      query: object,
      headers: object,
      cookies: object,
      ip: string,
      ...(node.rawBody === true ? { rawBody: new Unseen('buffer') } : {}),
    },
  };
}

function pollShape(node: FlowNode): Message {
  const single = (node.output ?? 'record') === 'record';
  const each = { ...event(node.event), change: string, key: any };
  return {
    payload: single ? object : [object],
    ...topic(node),
    ...(single ? { event: each } : { event: event(node.event), events: [each] }),
    parts: { id: string, type: string, index: number, count: number },
  };
}

const fromSample =
  (shape: (node: FlowNode) => Message): Puts =>
  (node) => [withValues(nothing, node.id, sampleIn(node) ?? shape(node))];

const summary = {
  statusCode: number,
  statusText: string,
  headers: object,
  url: string,
  redirects: array,
  attempts: number,
  timings: object,
  cookies: array,
};

/** What a request adds to the message, beside the body of its answer. */
const added = ['statusCode', 'response', 'parts', 'paging', 'sse', 'file'] as const;

const bodyOf: Readonly<Record<string, unknown>> = { text: string, xml: object, binary: new Unseen('buffer') };

const sendRequest: Puts = (node, port, upstream) =>
  orNothing(upstream.before()).map((before) => {
    if (port > 0) return withValues(before, node.id, { failure: failureShape });
    const sample = sampleIn(node);
    const path = asText(node.responseProperty) || 'payload';
    const [first] = stepsOf(path) ?? [];
    if (!sample) {
      const body = bodyOf[String(node.responseKind)] ?? any;
      return withValues(withValueAt(before, node.id, path, body), node.id, {
        statusCode: number,
        response: summary,
      });
    }
    // the rest of the sample is of the message that it was tried with
    const own = Object.entries(sample).filter(
      ([name]) => name === first || added.some((known) => known === name),
    );
    return withValues(before, node.id, Object.fromEntries(own));
  });

export const ownNodes: Readonly<Record<string, Puts>> = {
  'webhook-trigger': fromSample(webhookShape),
  'polling-trigger': fromSample(pollShape),
  'send-request': sendRequest,
};

/** Whether it is one of ours that could have a sample and has none. */
export function lacksSample(node: FlowNode): boolean {
  return Object.hasOwn(ownNodes, node.type) && !sampleIn(node);
}
