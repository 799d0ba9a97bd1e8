import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { AnswerTemplate, type Answer } from '../../src/webhook/answer';
import { numberOf } from '../runtime/settings';
import { compileRows, compileView } from '../runtime/values';
import type { WebhookTriggerConfig } from './config';

/** The answer to an accepted delivery. */
export interface Answers {
  /** When it is the same for every event. */
  readonly fixed: Answer | undefined;
  /** When it cannot be rendered. */
  bare(): Answer;
  /** @throws Failure when a value cannot stand where it is put */
  render(msg: NodeMessage): Promise<Answer>;
}

/** @throws Failure for a status, a header or a template that cannot work */
export function prepareAnswers(RED: NodeAPI, node: Node, config: WebhookTriggerConfig): Answers {
  const rows = config.answerHeaders.filter((row) => row.name.trim() !== '');
  const type = rows.find((row) => row.name.trim().toLowerCase() === 'content-type' && row.type === 'str');
  const template = new AnswerTemplate({
    status: numberOf(config.answerStatus, "the answer's status"),
    body: config.answerBody,
    headerNames: rows.map((row) => row.name.trim()),
    contentType: type?.value ?? '',
  });
  const headers = compileRows(RED, node, rows);
  const templates = [template.template, ...headers.templates];
  const viewOf = compileView(RED, node, templates);
  const isFixed =
    rows.length === headers.templates.length && templates.every(({ names }) => names.length === 0);
  return {
    fixed: isFixed ? fixedAnswer(template, rows) : undefined,
    bare: () => template.bare(),
    async render(msg) {
      const view = await viewOf(msg);
      return template.render(view, await headers.evaluate(msg, view));
    },
  };
}

/** Undefined when it cannot be rendered: then each event says so. */
function fixedAnswer(
  template: AnswerTemplate,
  rows: readonly { name: string; value: string }[],
): Answer | undefined {
  try {
    return template.render(
      { message: {} },
      rows.map(({ name, value }) => [name.trim(), value]),
    );
  } catch {
    return undefined;
  }
}

/** What a sender gets when the flow does not answer in time. @throws Failure CONFIG */
export function prepareFallback(config: WebhookTriggerConfig): Answer {
  const template = new AnswerTemplate({
    status: numberOf(config.fallbackStatus, "the fallback answer's status"),
    body: config.fallbackBody,
    headerNames: [],
    contentType: '',
  });
  return template.render({ message: {} }, []);
}
