import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import type { SendOptions } from '../../src/connection/connection';
import { exchange, type ExchangeInput, type ExchangePlan } from '../../src/exchange/exchange';
import { Failure, redactFailure } from '../../src/exchange/failure';
import { parseStatuses } from '../../src/exchange/success';
import { Template } from '../../src/exchange/template';
import { Activity, type ActivityTexts } from '../runtime/activity';
import { useConnection } from '../runtime/connections';
import { describeOn, showFailure } from '../runtime/failures';
import { migrate } from '../runtime/migrate';
import { supported } from '../runtime/supported';
import { checkPath, compileRows, compileView } from '../runtime/values';
import { compileBody } from './bodies';
import { configVersion, defaults, type SendRequestConfig } from './config';
import { migrations } from './migrations';

type Message = NodeMessage & Record<string, unknown>;

export = function (RED: NodeAPI): void {
  if (!supported(RED)) return;

  const text = (key: string, values?: Record<string, string>) =>
    RED._(`node-red-contrib-http-connector/send-request:status.${key}`, values);
  const texts = (): ActivityTexts => ({
    requesting: text('requesting'),
    waiting: (until) => (until ? text('waitingUntil', { until }) : text('waiting')),
  });

  /** Everything that does not depend on the message is done once. @throws Failure when the settings cannot work */
  function prepare(node: Node, saved: NodeDef): (msg: Message, options: SendOptions) => Promise<Message> {
    const config = migrate<SendRequestConfig>(saved, configVersion, defaults, migrations);
    const connection = useConnection(RED, node, config.connection);
    const plan: ExchangePlan = {
      url: new Template(config.url, 'url'),
      contentType: config.contentType,
      decode: config.responseKind,
      isSuccess: parseStatuses(config.success),
    };
    const query = compileRows(RED, node, config.query);
    const headers = compileRows(RED, node, config.headers);
    const body = compileBody(RED, node, config);
    const viewOf = compileView(RED, node, [
      plan.url,
      ...[query, headers, body].flatMap(({ templates }) => templates),
    ]);
    checkPath(RED, config.responseProperty, 'the property of the answer');

    async function request(msg: Message, options: SendOptions): Promise<Message> {
      const view = await viewOf(msg);
      const input: ExchangeInput = {
        method: config.method || methodOf(msg),
        view,
        query: await query.evaluate(msg, view),
        headers: await headers.evaluate(msg, view),
        body: body.of(msg, view),
      };
      const answer = await exchange(plan, input, connection, options);
      setProperty(RED, msg, config.responseProperty, answer.body);
      msg.statusCode = answer.summary.statusCode;
      msg.response = answer.summary;
      return msg;
    }

    return async (msg, options) => {
      try {
        return await request(msg, options);
      } catch (error) {
        throw redactFailure(error, (text) => connection.redact(text));
      }
    };
  }

  function SendRequest(this: Node, saved: NodeDef): void {
    RED.nodes.createNode(this, saved);
    const closing = new AbortController();
    const inFlight = new Set<Promise<void>>();
    const activity = new Activity(this, texts());
    let run: ReturnType<typeof prepare>;
    try {
      run = prepare(this, saved);
      this.status({});
    } catch (error) {
      const problem = showFailure(this, error);
      run = () => Promise.reject(problem);
      this.error(String(problem));
    }

    this.on('input', (msg, send, done) => {
      const progress = activity.begin();
      const handling = run(msg as Message, { ...progress.send, signal: closing.signal })
        .then((answer) => send(answer))
        .then(
          () => {
            progress.succeeded();
            done();
          },
          (error: unknown) => {
            const failure = describeOn(msg, error);
            progress.failed(failure);
            done(failure);
          },
        )
        .catch((error: unknown) => this.error(error))
        .finally(() => inFlight.delete(handling));
      inFlight.add(handling);
    });

    this.on('close', (done: () => void) => {
      closing.abort(new Failure('ABORTED', 'the node was stopped or deployed again', { retryable: true }));
      void Promise.all(inFlight).then(() => {
        activity.close();
        done();
      });
    });
  }

  RED.nodes.registerType('send-request', SendRequest);
};

function methodOf(msg: Message): string {
  if (typeof msg.method === 'string' && msg.method) return msg.method;
  throw new Failure('INVALID_REQUEST', 'the method is taken from msg.method, which is not set');
}

/** @throws Failure CONFIG when something on the way to the property is there and is not an object */
function setProperty(RED: NodeAPI, msg: Message, path: string, value: unknown): void {
  if (RED.util.setMessageProperty(msg, path, value, true)) return;
  throw new Failure(
    'CONFIG',
    `the answer cannot be put in msg.${path}: something on the way there is not an object`,
  );
}
