import type { Node, NodeAPI, NodeMessage } from 'node-red';
import {
  binaryBody,
  checkJsonFields,
  fileBody,
  formBody,
  graphqlBody,
  jsonBody,
  jsonFieldsBody,
  jsonValueBody,
  multipartBody,
  payloadBody,
  textBody,
  xmlBody,
  type Part,
} from '../../src/exchange/body';
import type { ExchangeInput } from '../../src/exchange/exchange';
import { Template, type TemplateView } from '../../src/exchange/template';
import { asText } from '../../src/exchange/values';
import type { BodyConfig, BodyKind, PartRow } from './body-config';
import { compileJsonata } from './jsonata';
import { checkPath, compileRows, messageValue } from './values';

/** How a message's body is made. */
export interface CompiledBody {
  readonly templates: readonly Template[];
  of(msg: NodeMessage, view: TemplateView): ExchangeInput['body'];
}

type Compile = (RED: NodeAPI, node: Node, config: BodyConfig) => CompiledBody;

const kinds: Readonly<Record<BodyKind, Compile>> = {
  none: () => ({ templates: [], of: () => undefined }),

  payload: (RED) => ({
    templates: [],
    of: (msg) => (contentType) => payloadBody(messageValue(RED, msg, 'payload'), contentType),
  }),

  fields: (RED, node, { form }) => {
    const rows = compileRows(RED, node, form);
    checkJsonFields(form.map(({ name }) => name.trim()).filter(Boolean));
    return {
      templates: rows.templates,
      of: (msg, view) => async () => jsonFieldsBody(await rows.evaluate(msg, view)),
    };
  },

  json: (_RED, _node, { body }) => {
    const template = new Template(body, 'json');
    return { templates: [template], of: (_msg, view) => () => jsonBody(template.render(view)) };
  },

  jsonata: (RED, node, { body }) => {
    const expression = compileJsonata(RED, node, body, 'the body');
    return { templates: [], of: (msg) => async () => jsonValueBody(await expression(msg)) };
  },

  form: (RED, node, { form, arrays }) => {
    const rows = compileRows(RED, node, form);
    return {
      templates: rows.templates,
      of: (msg, view) => async () => formBody(await rows.evaluate(msg, view), arrays),
    };
  },

  multipart: (RED, node, config) => {
    const parts = config.parts
      .filter(({ name }) => name.trim() !== '')
      .map((row) => compilePart(RED, node, row));
    return {
      templates: parts.flatMap(({ templates }) => templates),
      of: (msg, view) => async (contentType) => {
        const evaluated: Part[] = [];
        for (const part of parts) evaluated.push(await part.of(msg, view));
        return multipartBody(evaluated, contentType);
      },
    };
  },

  xml: (_RED, _node, { body }) => {
    const template = new Template(body, 'xml');
    return {
      templates: [template],
      of: (_msg, view) => (contentType) => xmlBody(template.render(view), contentType),
    };
  },

  text: (_RED, _node, { body, contentType: fallback }) => {
    const template = new Template(body, 'text');
    return {
      templates: [template],
      of: (_msg, view) => (contentType) => textBody(template.render(view), contentType ?? fallback),
    };
  },

  graphql: (_RED, _node, { body: query, variables }) => {
    const template = new Template(variables.trim() || '{}', 'json');
    return {
      templates: [template],
      of: (_msg, view) => () =>
        graphqlBody({ query, variables: JSON.parse(jsonBody(template.render(view)).body.toString()) }),
    };
  },

  binary: (RED, _node, { bodyProperty }) => {
    checkPath(RED, bodyProperty, 'the property of the body');
    return { templates: [], of: (msg) => () => binaryBody(messageValue(RED, msg, bodyProperty)) };
  },

  file: (_RED, _node, { bodyFile }) => {
    const path = new Template(bodyFile, 'text');
    return { templates: [path], of: (_msg, view) => () => fileBody(path.render(view)) };
  },
};

/** @throws Failure when the settings of the body cannot work */
export function compileBody(RED: NodeAPI, node: Node, config: BodyConfig): CompiledBody {
  return kinds[config.bodyKind](RED, node, config);
}

/** A part of a multipart body; one for a file whose value is missing is left out, as a field would be. */
function compilePart(RED: NodeAPI, node: Node, row: PartRow) {
  const name = row.name.trim();
  const rows = compileRows(RED, node, [row]);
  const filename = new Template(row.filename, 'text');
  return {
    templates: [...rows.templates, filename],
    async of(msg: NodeMessage, view: TemplateView): Promise<Part> {
      const [[, value] = [name, undefined]] = await rows.evaluate(msg, view);
      const given = filename.render(view);
      const contentType = row.contentType.trim() || undefined;
      if (row.kind === 'path') {
        return { name, path: asText(value), filename: given || undefined, contentType };
      }
      // a part is a file by having a name for it
      return { name, value, filename: row.kind === 'file' ? given || 'file' : undefined, contentType };
    },
  };
}
