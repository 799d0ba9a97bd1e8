/**
 * CloudEvents 1.0 over HTTP (github.com/cloudevents/spec, bindings/http-protocol-binding.md): structured, in batches, and
 * binary, which has the attributes in headers.
 */
import { decodeBody, decodeText, mediaType } from '../exchange/decode';
import { Failure } from '../exchange/failure';
import type { Delivery } from './delivery';
import { Refusal } from './refusal';

/** An event's attributes, extensions included, by their names. */
export type CloudEventAttributes = Record<string, unknown> & { id: string; source: string; type: string };

export interface CloudEvent {
  attributes: CloudEventAttributes;
  data: unknown;
}

/** @throws Refusal INVALID_BODY when it is none, or its data is not what it should be */
export async function readCloudEvents(delivery: Delivery, body: Buffer): Promise<CloudEvent[]> {
  const type = delivery.headers['content-type'] ?? '';
  try {
    const media = mediaType(type);
    if (media.startsWith('application/cloudevents-batch')) return await readBatch(body, media);
    if (media.startsWith('application/cloudevents')) return [await readStructured(jsonOf(body, media))];
    return [{ attributes: attributesOf(readHeaders(delivery)), data: await decodeBody(body, type, 'auto') }];
  } catch (error) {
    if (error instanceof Failure && error.code === 'INVALID_BODY')
      throw new Refusal('INVALID_BODY', error.message);
    throw error;
  }
}

/** An event's id is unique for its source alone (section "id" of the specification). A source has no blanks. */
export function idOf({ id, source }: CloudEventAttributes): string {
  return `${source} ${id}`;
}

async function readBatch(body: Buffer, media: string): Promise<CloudEvent[]> {
  const list = jsonOf(body, media);
  if (!Array.isArray(list)) throw notOne('the batch is not a list');
  return Promise.all(list.map(readStructured));
}

function jsonOf(body: Buffer, media: string): unknown {
  if (!media.endsWith('+json')) throw notOne(`the format "${media}" is not read here, only JSON`);
  return decodeBody(body, 'application/json', 'json');
}

async function readStructured(event: unknown): Promise<CloudEvent> {
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    throw notOne('it is not an object');
  const { data, data_base64: base64, ...rest } = event as Record<string, unknown>;
  const attributes = attributesOf(rest);
  if (typeof base64 !== 'string') return { attributes, data };
  const type = typeof rest.datacontenttype === 'string' ? rest.datacontenttype : '';
  return {
    attributes,
    data: await decodeBody(Buffer.from(base64, 'base64'), type, type ? 'auto' : 'binary'),
  };
}

/** `ce-…` headers, percent-decoded (section 3.1.3.2). */
function readHeaders({ headers }: Delivery): Record<string, unknown> {
  const found = Object.entries(headers)
    .filter(([name, value]) => name.startsWith('ce-') && typeof value === 'string')
    .map(([name, value]) => [name.slice(3), decode(value as string)] as const);
  const type = headers['content-type'];
  return { ...Object.fromEntries(found), ...(type ? { datacontenttype: type } : {}) };
}

function decode(value: string): string {
  const text = decodeText(Buffer.from(value, 'latin1'));
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function attributesOf(found: Record<string, unknown>): CloudEventAttributes {
  for (const name of ['id', 'source', 'type']) {
    const value = found[name];
    if (typeof value !== 'string' || value === '') throw notOne(`the attribute "${name}" is missing`);
  }
  return found as CloudEventAttributes;
}

function notOne(reason: string): Refusal {
  return new Refusal('INVALID_BODY', `this is not a CloudEvent: ${reason}`);
}
