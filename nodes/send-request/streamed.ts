import { randomUUID } from 'node:crypto';
import type { RequestRules } from '../../src/connection/connection';
import type { Sink } from '../../src/connection/sink';
import { ask, render, summarise } from '../../src/exchange/exchange';
import { fileSink, itemSink, type ServerEvent, type StreamKind } from '../../src/exchange/streams';
import type { Template } from '../../src/exchange/template';
import type { ResponseKind } from './config';
import { answered, type Message } from './message';
import type { Asking, Setup } from './run';

type Handle = (asking: Asking) => Promise<void>;

/** What goes to a file or away as messages takes no memory, and may go on for days. */
const unbounded: Partial<RequestRules> = { totalTimeout: 0, maxResponseSize: -1 };

/** Item by item: between two of them a server may be silent. */
const endless: Partial<RequestRules> = { ...unbounded, idleTimeout: 0 };

/** The kinds of answer that are not read as a whole. @param file template of the path that is written to */
export const streams: Partial<
  Readonly<Record<ResponseKind, (setup: Setup, file: Template | undefined) => Handle>>
> = {
  file: (setup, file) => download(setup, file!),
  ndjson: (setup) => items(setup, 'ndjson', (item) => ({ payload: item })),
  sse: (setup) =>
    items(setup, 'events', (item) => {
      const { data, ...sse } = item as ServerEvent;
      return { payload: data, sse };
    }),
};

function download({ RED, config, plan, sender, request }: Setup, file: Template): Handle {
  return async ({ msg, request: { input, rules }, options, emit }) => {
    const asked = await render(plan, input, sender);
    const sink = fileSink(file.render(await request.view(msg)), {
      accepts: (status) => plan.isSuccess(status),
    });
    const response = await ask(plan, asked, sender, { ...options, sink, rules: { ...unbounded, ...rules } });
    await emit(answered(RED, msg, config.responseProperty, sink.written, summarise(response)));
  };
}

/** A message an item, as it arrives. */
function items(
  { RED, config, plan, sender }: Setup,
  kind: StreamKind,
  contentOf: (item: unknown) => { payload: unknown; sse?: Omit<ServerEvent, 'data'> },
): Handle {
  const path = config.responseProperty;
  return async ({ msg, request: { input, rules }, options, emit }) => {
    const base = RED.util.cloneMessage(msg);
    RED.util.setMessageProperty(base, path, undefined);
    const parts = { id: randomUUID(), type: 'array', len: 1 };
    let index = 0;
    const each = async (item: unknown): Promise<void> => {
      const { payload, ...more } = contentOf(item);
      const out: Message = answered(RED, RED.util.cloneMessage(base), path, payload);
      await emit(Object.assign(out, more, { parts: { ...parts, index: index++ } }));
    };
    const items = itemSink(kind, each, { accepts: (status) => plan.isSuccess(status) });
    const sink: Sink = {
      restartable: items.restartable,
      open(head) {
        base.statusCode = head.statusCode;
        base.response = head;
        return items.open(head);
      },
    };
    const asked = await render(plan, input, sender);
    await ask(plan, asked, sender, { ...options, sink, rules: { ...endless, ...rules } });
  };
}
