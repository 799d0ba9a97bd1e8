import type { Node, NodeAPI, NodeDef } from 'node-red';
import { Failure } from '../../src/exchange/failure';
import { Order, type Turn } from '../../src/exchange/order';
import { Activity, type ActivityTexts } from '../runtime/activity';
import { useConnection } from '../runtime/connections';
import { describeOn, showFailure } from '../runtime/failures';
import { migrate } from '../runtime/migrate';
import { configVersion, defaults, type SendRequestConfig } from './config';
import type { Emit, Message } from './message';
import { migrations } from './migrations';
import { compileRun, type Run } from './run';

/** Nothing to wait for: messages leave as they come. */
const anyTime: Turn = { come: Promise.resolve(), end: () => undefined };

/** What a send-request does. Loaded with the first one. */
export function sendRequest(RED: NodeAPI): (node: Node, saved: NodeDef) => void {
  const text = (key: string, values?: Record<string, string>) =>
    RED._(`node-red-contrib-http-connector/send-request:status.${key}`, values);
  const texts = (): ActivityTexts => ({
    requesting: text('requesting'),
    waiting: (until) => (until ? text('waitingUntil', { until }) : text('waiting')),
  });

  return (node, saved) => {
    const closing = new AbortController();
    const inFlight = new Set<Promise<void>>();
    const activity = new Activity(node, texts());
    let run: Run;
    let order: Order | undefined;
    let secondOutput = false;
    try {
      const config = migrate<SendRequestConfig>(saved, configVersion, defaults, migrations);
      run = compileRun(RED, node, config, useConnection(RED, node, config.connection));
      if (config.ordered) order = new Order();
      secondOutput = config.failures === 'output';
      node.status({});
    } catch (error) {
      const problem = showFailure(node, error);
      run = () => Promise.reject(problem);
      node.error(String(problem));
    }

    node.on('input', (msg, send, done) => {
      const progress = activity.begin();
      const turn = order?.begin() ?? anyTime;
      let result = '';
      const emit: Emit = async (answer) => {
        if (typeof answer.statusCode === 'number') result = String(answer.statusCode);
        await turn.come;
        // what would leave now would reach nodes that are being closed
        closing.signal.throwIfAborted();
        send(answer);
      };
      const fail = async (error: unknown): Promise<void> => {
        await turn.come;
        const failure = describeOn(msg, error);
        progress.failed(failure);
        if (!secondOutput || closing.signal.aborted) return done(failure);
        send([null, msg]);
        done();
      };
      const handling = run(msg as Message, emit, { ...progress.send, signal: closing.signal })
        .then(() => turn.come)
        .then(() => {
          progress.succeeded(result);
          done();
        }, fail)
        .catch((error: unknown) => node.error(error))
        .finally(() => {
          turn.end();
          inFlight.delete(handling);
        });
      inFlight.add(handling);
    });

    node.on('close', (done: () => void) => {
      closing.abort(new Failure('ABORTED', 'the node was stopped or deployed again', { retryable: true }));
      void Promise.all(inFlight).then(() => {
        activity.close();
        done();
      });
    });
  };
}
