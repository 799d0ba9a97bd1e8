import type { Node, NodeAPI } from 'node-red';
import type { DecodedAnswer } from '../../src/exchange/exchange';
import { compileJsonata } from './jsonata';

/**
 * A condition that an answer has to meet: JSONata over `payload`, `statusCode` and `headers`. undefined for an empty one.
 *
 * @throws Failure CONFIG when it does not parse
 */
export function successCondition(
  RED: NodeAPI,
  node: Node,
  text: string,
): ((answer: DecodedAnswer) => Promise<boolean>) | undefined {
  if (text.trim() === '') return undefined;
  const condition = compileJsonata(RED, node, text, 'the condition for a success');
  return async ({ body, summary: { statusCode, headers } }) =>
    Boolean(await condition({ payload: body, statusCode, headers }));
}
