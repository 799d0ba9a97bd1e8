import type { Node, NodeAPI } from 'node-red';
import type { RequestRules } from '../../src/connection/connection';
import { payloadBody } from '../../src/exchange/body';
import type { ExchangeInput, ExchangePlan } from '../../src/exchange/exchange';
import { Failure } from '../../src/exchange/failure';
import { Template, type TemplateView } from '../../src/exchange/template';
import { compileBody } from '../runtime/bodies';
import { rulesOf } from '../runtime/rules';
import { compileRows, compileView } from '../runtime/values';
import type { SendRequestConfig } from './config';
import type { Message } from './message';
import { overridesOf, replaced } from './overrides';

/** A message's request. */
export interface MessageRequest {
  input: ExchangeInput;
  /** Limits of this request instead of the connection's. */
  rules: Partial<RequestRules>;
}

export interface CompiledRequest {
  plan: Pick<ExchangePlan, 'url' | 'contentType' | 'arrays'>;
  of(msg: Message): Promise<MessageRequest>;
  /** What a further template gives for a message: it sees the same values as those of the request. */
  view(msg: Message): Promise<TemplateView>;
}

/**
 * Everything of a request that does not depend on the message is done once.
 *
 * @param more further templates that read the message
 * @throws Failure when the settings cannot work
 */
export function compileRequest(
  RED: NodeAPI,
  node: Node,
  config: SendRequestConfig,
  more: readonly Template[] = [],
): CompiledRequest {
  const url = new Template(config.url, 'url');
  const query = compileRows(RED, node, config.query);
  const headers = compileRows(RED, node, config.headers);
  const body = compileBody(RED, node, config);
  const rules = config.rules.own ? rulesOf(config.rules) : {};
  const view = compileView(RED, node, [
    url,
    ...more,
    ...[query, headers, body].flatMap(({ templates }) => templates),
  ]);

  async function of(msg: Message): Promise<MessageRequest> {
    const override = overridesOf(msg, config.overrides);
    const values = await view(msg);
    const { body: replacement, timeout } = override;
    return {
      input: {
        method: override.method ?? (config.method || methodOf(msg)),
        view: values,
        url: override.url,
        query: replaced(await query.evaluate(msg, values), override.query),
        headers: replaced(await headers.evaluate(msg, values), override.headers, (name) =>
          name.toLowerCase(),
        ),
        body:
          replacement === undefined
            ? body.of(msg, values)
            : (contentType) => payloadBody(replacement, contentType),
      },
      rules: timeout === undefined ? rules : { ...rules, totalTimeout: timeout },
    };
  }

  return { plan: { url, contentType: config.contentType, arrays: config.arrays }, of, view };
}

function methodOf(msg: Message): string {
  if (typeof msg.method === 'string' && msg.method) return msg.method;
  throw new Failure('INVALID_REQUEST', 'the method is taken from msg.method, which is not set');
}
