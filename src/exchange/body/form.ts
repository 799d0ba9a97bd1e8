import { asPairs, type ListStyle } from '../values';
import type { EncodedBody } from './encoded';

export const formType = 'application/x-www-form-urlencoded';

/** @throws Failure INVALID_REQUEST for a value that has no text */
export function formBody(
  fields: readonly (readonly [string, unknown])[],
  style: ListStyle = 'repeat',
): EncodedBody<Buffer> {
  return {
    body: Buffer.from(new URLSearchParams(asPairs(fields, style)).toString(), 'utf8'),
    contentType: formType,
  };
}
