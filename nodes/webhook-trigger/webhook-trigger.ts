import { randomUUID } from 'node:crypto';
import { METHODS } from 'node:http';
import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { Failure } from '../../src/exchange/failure';
import { AnswerTemplate, type Answer } from '../../src/webhook/answer';
import { PathPattern } from '../../src/webhook/path-pattern';
import { Receiver } from '../../src/webhook/receiver';
import { SecretHeader } from '../../src/webhook/verification/secret-header';
import { acceptAll, type Verifier } from '../../src/webhook/verification/verifier';
import { failWithout, showFailure } from '../runtime/failures';
import { HttpRoutes, type Route } from '../runtime/http-routes';
import { migrate } from '../runtime/migrate';
import { refusalsOf } from '../runtime/refusals';
import { numberOf } from '../runtime/settings';
import { supported } from '../runtime/supported';
import { compileRows, compileView } from '../runtime/values';
import { configVersion, defaults, type WebhookTriggerConfig, type WebhookTriggerCredentials } from './config';
import { migrations } from './migrations';

export = function (RED: NodeAPI): void {
  if (!supported(RED)) return;
  const routes = new HttpRoutes(RED);

  /** Everything that does not depend on a delivery is done once. @throws Failure when the settings cannot work */
  function prepare(node: Node, saved: NodeDef): Route {
    const config = migrate<WebhookTriggerConfig>(saved, configVersion, defaults, migrations);
    const maxSize = Math.floor(numberOf(config.maxSize, 'the largest body', 1) * 1024);
    const answerTo = prepareAnswer(node, config);
    const { secret = '' } = (node.credentials ?? {}) as WebhookTriggerCredentials;
    const verifier = verifierOf(config, secret);
    const receiver = new Receiver({
      name: config.event,
      verifier,
      payload: config.payload,
      maxSize,
      rawBody: config.rawBody,
      now: () => new Date(),
      newId: randomUUID,
    });
    const refuse = refusalsOf(node);
    // What the editor writes on the node.
    const title = config.name || config.event.trim();
    let trouble = false;
    return {
      methods: methodsOf(config.methods),
      pattern: new PathPattern(config.path),
      label: title ? `"${title}" (${node.id})` : node.id,
      maxSize,
      opened() {
        if (verifier.problem) node.error(String(showFailure(node, verifier.problem)));
        else showListening(node);
      },
      waiting: (problem) => node.error(String(showFailure(node, problem))),
      async take(arrival) {
        const outcome = 'refusal' in arrival ? arrival : await receiver.receive(arrival.delivery);
        if ('refusal' in outcome) {
          trouble = true;
          return { answer: refuse(outcome.refusal) };
        }
        const message = outcome.message as NodeMessage & typeof outcome.message;
        let answer: Answer;
        try {
          answer = await answerTo.render(message);
          if (trouble) showListening(node);
          trouble = false;
        } catch (error) {
          // The event was accepted and goes its way: the sender must not send it again for a fault in our answer.
          trouble = true;
          answer = answerTo.bare();
          failWithout(node, error, config.event);
        }
        return { answer, afterwards: () => emit(node, message) };
      },
    };
  }

  function prepareAnswer(node: Node, config: WebhookTriggerConfig) {
    const rows = config.answerHeaders.filter((row) => row.name.trim() !== '');
    const type = rows.find((row) => row.name.trim().toLowerCase() === 'content-type' && row.type === 'str');
    const template = new AnswerTemplate({
      status: numberOf(config.answerStatus, "the answer's status"),
      body: config.answerBody,
      headerNames: rows.map((row) => row.name.trim()),
      contentType: type?.value ?? '',
    });
    const headers = compileRows(RED, node, rows);
    const viewOf = compileView(RED, node, [template.template, ...headers.templates]);
    return {
      bare: () => template.bare(),
      async render(msg: NodeMessage): Promise<Answer> {
        const view = await viewOf(msg);
        return template.render(view, await headers.evaluate(msg, view));
      },
    };
  }

  function showListening(node: Node): void {
    const text = RED._('node-red-contrib-http-connector/webhook-trigger:status.listening');
    node.status({ fill: 'green', shape: 'dot', text });
  }

  function WebhookTrigger(this: Node, saved: NodeDef): void {
    RED.nodes.createNode(this, saved);
    let route: Route | undefined;
    try {
      route = prepare(this, saved);
      routes.add(route);
    } catch (error) {
      this.error(String(showFailure(this, error)));
    }
    this.on('close', (done: () => void) => {
      const closed = route ? routes.close(route) : Promise.resolve();
      closed
        .catch((error: unknown) => this.error(error))
        .finally(() => {
          this.status({});
          done();
        });
    });
  }

  RED.nodes.registerType('webhook-trigger', WebhookTrigger, {
    credentials: { secret: { type: 'password' } },
  });
};

/** A message that cannot be cloned for a second wire makes `send` throw. */
function emit(node: Node, message: NodeMessage): void {
  try {
    node.send(message);
  } catch (error) {
    failWithout(node, error, message.topic);
  }
}

/** A kind that is not known is an error, never no verification. */
function verifierOf({ verification, secretHeader }: WebhookTriggerConfig, secret: string): Verifier {
  switch (verification) {
    case 'none':
      return acceptAll;
    case 'secret-header':
      return new SecretHeader(secretHeader, secret);
    default:
      throw new Failure('CONFIG', `the verification "${String(verification)}" is not known`);
  }
}

function methodsOf(saved: readonly string[]): string[] {
  const methods = [...new Set(saved.map((method) => method.trim().toUpperCase()).filter(Boolean))];
  if (methods.length === 0) throw new Failure('CONFIG', 'no method is chosen');
  const unknown = methods.find((method) => !METHODS.includes(method) || method === 'CONNECT');
  if (unknown) throw new Failure('CONFIG', `"${unknown}" is not a method that can be received`);
  return methods;
}
