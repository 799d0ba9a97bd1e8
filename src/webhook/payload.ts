import { decompress } from '../connection/decompress';
import { decodeBody, decodeText, decodeWithFiles, mediaType, type DecodeKind } from '../exchange/decode';
import { Failure } from '../exchange/failure';
import { readFields, type Delivery } from './delivery';
import { Refusal } from './refusal';

/** How a delivery's body is read: by its content type, or as what the service is known to send. */
export type PayloadKind = DecodeKind | 'form' | 'cloudevents';

const form = 'application/x-www-form-urlencoded';

/** Senders apply one coding. More than two is somebody who wants us to work. */
const mostCodings = 2;

/**
 * The body with its content codings undone.
 *
 * @param limit most bytes that it may have then
 * @throws Refusal BODY_TOO_LARGE, UNSUPPORTED_ENCODING for a coding that is not known here, INVALID_BODY for broken data
 */
export async function plainBody({ body, headers }: Delivery, limit: number): Promise<Buffer> {
  const encoding = headers['content-encoding'] ?? '';
  if (encoding === '' || body.length === 0) return body;
  if (encoding.split(',').length > mostCodings) {
    throw new Refusal(
      'UNSUPPORTED_ENCODING',
      `a body with more than ${mostCodings} content codings is not read here`,
    );
  }
  try {
    return await decompress(body, encoding, limit);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'BODY_TOO_LARGE') throw tooLarge(limit);
    // Only broken data has the decoder's error as its cause; an unknown coding has none.
    throw new Refusal(error.cause === undefined ? 'UNSUPPORTED_ENCODING' : 'INVALID_BODY', error.message);
  }
}

export function tooLarge(limit: number): Refusal {
  return new Refusal('BODY_TOO_LARGE', `the body is larger than the limit of ${limit} bytes`);
}

/**
 * The value that a flow works with. A GET has no body, so its query is the payload, as for the core `http in` node.
 *
 * @param filesAsBytes the files of a multipart body stay bytes, whatever their content type
 * @throws Refusal INVALID_BODY when the body is not what it should be, or is nested too deep to be passed on
 */
export async function decodePayload(
  delivery: Delivery,
  body: Buffer,
  kind: Exclude<PayloadKind, 'cloudevents'>,
  query: unknown,
  filesAsBytes = false,
): Promise<unknown> {
  const contentType = delivery.headers['content-type'] ?? '';
  if (body.length === 0 && delivery.method === 'GET') return query;
  if (kind === 'form' || (kind === 'auto' && mediaType(contentType) === form)) {
    return readFields(decodeText(body));
  }
  try {
    return await (filesAsBytes ? decodeWithFiles : decodeBody)(body, contentType, kind);
  } catch (error) {
    if (error instanceof Failure && error.code === 'INVALID_BODY') {
      throw new Refusal('INVALID_BODY', error.message);
    }
    throw error;
  }
}
