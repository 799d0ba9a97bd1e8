import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { Failure } from '../../src/exchange/failure';

export type Expression = (data: object) => Promise<unknown>;

/**
 * A JSONata expression, parsed once, with Node-RED's functions in it.
 *
 * @param node whose context and environment it sees
 * @param field names it in an error
 * @throws Failure CONFIG when it does not parse; the expression rejects with one when it cannot be evaluated
 */
export function compileJsonata(RED: NodeAPI, node: Node, text: string, field: string): Expression {
  const invalid = (cause: unknown) =>
    new Failure('CONFIG', `${field} is not valid JSONata: ${(cause as Error).message}`, { cause });
  let expression: ReturnType<typeof RED.util.prepareJSONataExpression>;
  try {
    expression = RED.util.prepareJSONataExpression(text, node);
  } catch (cause) {
    throw invalid(cause);
  }
  return (data) =>
    new Promise((resolve, reject) => {
      RED.util.evaluateJSONataExpression(expression, data as NodeMessage, (error, value) =>
        error ? reject(invalid(error)) : resolve(value),
      );
    });
}
