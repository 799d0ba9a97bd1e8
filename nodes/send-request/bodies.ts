import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { binaryBody, formBody, jsonBody, payloadBody, textBody } from '../../src/exchange/body';
import type { ExchangeInput } from '../../src/exchange/exchange';
import { Template, type TemplateView } from '../../src/exchange/template';
import { checkPath, compileRows, messageValue } from '../runtime/values';
import type { BodyKind, SendRequestConfig } from './config';

/** How a message's body is made. */
export interface CompiledBody {
  readonly templates: readonly Template[];
  of(msg: NodeMessage, view: TemplateView): ExchangeInput['body'];
}

type Compile = (RED: NodeAPI, node: Node, config: SendRequestConfig) => CompiledBody;

const kinds: Readonly<Record<BodyKind, Compile>> = {
  none: () => ({ templates: [], of: () => undefined }),
  payload: (RED) => ({
    templates: [],
    of: (msg) => (contentType) => payloadBody(messageValue(RED, msg, 'payload'), contentType),
  }),
  json: (_RED, _node, { body }) => {
    const template = new Template(body, 'json');
    return { templates: [template], of: (_msg, view) => () => jsonBody(template.render(view)) };
  },
  text: (_RED, _node, { body }) => {
    const template = new Template(body, 'text');
    return { templates: [template], of: (_msg, view) => () => textBody(template.render(view)) };
  },
  form: (RED, node, { form }) => {
    const rows = compileRows(RED, node, form);
    return {
      templates: rows.templates,
      of: (msg, view) => async () => formBody(await rows.evaluate(msg, view)),
    };
  },
  binary: (RED, _node, { bodyProperty }) => {
    checkPath(RED, bodyProperty, 'the property of the body');
    return { templates: [], of: (msg) => () => binaryBody(messageValue(RED, msg, bodyProperty)) };
  },
};

/** @throws Failure when the settings of the body cannot work */
export function compileBody(RED: NodeAPI, node: Node, config: SendRequestConfig): CompiledBody {
  return kinds[config.bodyKind](RED, node, config);
}
