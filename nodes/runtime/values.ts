import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { Failure } from '../../src/exchange/failure';
import { Template, type TemplateView } from '../../src/exchange/template';
import { compileJsonata } from './jsonata';
import type { TypedRow } from './rows';

type Named = [name: string, value: unknown];
type Evaluate = (msg: NodeMessage, view: TemplateView) => unknown;

/** A table of typed rows, ready to be evaluated for each message. Rows without a name are left out. */
export interface Rows {
  readonly templates: readonly Template[];
  evaluate(msg: NodeMessage, view: TemplateView): Promise<Named[]>;
}

/**
 * @throws Failure TEMPLATE for a template that does not parse; CONFIG for a number, a message path, a JSON value or a
 *   JSONata expression that is none
 */
export function compileRows(RED: NodeAPI, node: Node, rows: readonly TypedRow[]): Rows {
  const templates: Template[] = [];
  const compiled = rows
    .filter((row) => row.name.trim() !== '')
    .map((row): [string, Evaluate] => {
      // a row written by hand may leave its type out
      if (!row.type || row.type === 'str') {
        const template = new Template(row.value, 'text');
        templates.push(template);
        return [row.name.trim(), (_msg, view) => template.render(view)];
      }
      return [row.name.trim(), evaluator(RED, node, row)];
    });
  return {
    templates,
    async evaluate(msg, view) {
      const values: Named[] = [];
      for (const [name, evaluate] of compiled) values.push([name, await evaluate(msg, view)]);
      return values;
    },
  };
}

function evaluator(RED: NodeAPI, node: Node, row: TypedRow): Evaluate {
  if (row.type === 'jsonata') {
    return compileJsonata(RED, node, row.value, `"${row.name}"`);
  }
  if (row.type === 'json') {
    let value: unknown;
    try {
      value = JSON.parse(row.value);
    } catch (cause) {
      const reason = (cause as Error).message;
      throw new Failure('CONFIG', `"${row.name}" is not valid JSON: ${reason}`, { cause });
    }
    return () => value;
  }
  if (row.type === 'num' && !Number.isFinite(Number(row.value || Number.NaN))) {
    throw new Failure('CONFIG', `"${row.name}" is not a number: ${row.value}`);
  }
  if (row.type === 'msg') checkPath(RED, row.value, `"${row.name}"`);
  return (msg) => property(RED, node, row.value, row.type, msg);
}

/** @throws Failure CONFIG when a saved message path cannot be one */
export function checkPath(RED: NodeAPI, path: string, field: string): void {
  try {
    RED.util.normalisePropertyExpression(path);
  } catch (cause) {
    throw new Failure('CONFIG', `${field} is not a path in a message: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** A message property; `undefined` when something on the way to it is missing. */
export function messageValue(RED: NodeAPI, msg: NodeMessage, path: string): unknown {
  try {
    return RED.util.getMessageProperty(msg, path);
  } catch {
    return undefined;
  }
}

/** A typed property; a message path whose parent is missing is `undefined`, not an error. */
function property(RED: NodeAPI, node: Node, value: string, type: string, msg: NodeMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    try {
      RED.util.evaluateNodeProperty(value, type, node, msg, (error, result) =>
        error && type !== 'msg' ? reject(error) : resolve(result),
      );
    } catch (error) {
      if (type === 'msg') resolve(undefined);
      else reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/** The names that the core template node reads from outside the message, in the same spelling. */
const outsideName = /^(?:env\.(?<env>.+)|(?<scope>flow|global)(?:\[(?<store>\w+)\])?\.(?<key>.+))$/;

/**
 * Makes a function that gives templates their view of a message: `env.`, `flow.` and `global.` names are looked up
 * beforehand, because a context store may answer later.
 */
export function compileView(
  RED: NodeAPI,
  node: Node,
  templates: readonly Template[],
): (msg: NodeMessage) => Promise<TemplateView> {
  const outside = [...new Set(templates.flatMap((template) => template.names))].flatMap((name) => {
    const { env, scope, store, key } = outsideName.exec(name)?.groups ?? {};
    if (env) return [{ name, type: 'env', path: env }];
    if (scope && key) return [{ name, type: scope, path: store ? `#:(${store})::${key}` : key }];
    return [];
  });
  return async (msg) => {
    if (outside.length === 0) return { message: msg };
    const values = new Map<string, unknown>();
    for (const { name, type, path } of outside) values.set(name, await property(RED, node, path, type, msg));
    return { message: msg, outside: values };
  };
}
