import { tryView, type TryView } from '../../nodes/editor/try-view';
import type { TryResult } from '../../nodes/editor/try-result';
import type { Page, State } from './stage';

const request = {
  method: 'POST',
  url: 'https://api.example/orders',
  headers: { accept: 'application/json' },
  size: 9,
};
const good: TryResult = {
  ok: true,
  elapsed: 41.6,
  requests: [{ ...request, body: '{"id":7}\n' }],
  answer: {
    statusCode: 201,
    statusText: 'Created',
    url: request.url,
    headers: { 'set-cookie': ['a=1', 'b=2'] },
    size: 2048,
  },
  messages: [{ output: 1, message: { payload: { id: 7, text: '<b>not markup</b>' }, statusCode: 201 } }],
  more: 1,
};
const bad: TryResult = {
  ok: false,
  code: 'HTTP_500',
  message: 'the service failed',
  elapsed: 3,
  requests: [{ ...request, size: 3_000_000 }],
  answer: { statusCode: 500, statusText: '', body: '<h1>Oops</h1>' },
  messages: [],
  more: 0,
};

const state = (title: string, act: (view: TryView) => void): State => ({
  title,
  mount: ({ place, t }) => {
    const kept: unknown[] = [];
    const output = (index: number) => `Output ${index}`;
    const view = tryView({
      element: place,
      property: () => 'payload',
      output,
      keep: (message) => kept.push(message),
      t,
    });
    act(view);
    return () => kept;
  },
});

export const page: Page = {
  texts: 'send-request',
  states: [
    state('A success', (view) => view.show(good)),
    state('A failure', (view) => view.show(bad)),
    state('On its way', (view) => view.say('Sending …', false)),
    state('Cleared', (view) => (view.show(good), view.clear())),
  ],
};
