import type { PollingTriggerConfig } from '../config';
import type { Preview, PreviewRecord } from './preview-result';

type Settings = Pick<PollingTriggerConfig, 'event' | 'output' | 'batchSize' | 'perPoll' | 'watch'>;

/** Ids of a preview are none that an event will have. */
const sampleId = 'preview';

/**
 * The first message that the records of a preview make: of those that would fire, else, because a first poll mostly only
 * takes stock, as if the first one did.
 *
 * @param time of the event, ISO
 * @returns undefined without a record
 */
export function previewMessage(
  { records, firing }: Pick<Preview, 'records' | 'firing'>,
  { event: name, output, batchSize, perPoll, watch }: Settings,
  time: string,
): Record<string, unknown> | undefined {
  const fires = records.filter(({ fires }) => fires);
  const list = fires.length > 0 ? fires : records.slice(0, 1);
  const [first] = list;
  if (!first) return undefined;
  const topic = name.trim();
  const at = { name: topic, type: 'poll', time, attempt: 1 };
  const eventOf = ({ key, change }: PreviewRecord, index: number) => ({
    id: `${sampleId}-${index + 1}`,
    ...at,
    ...(watch === 'every' ? {} : { change: change ?? 'created' }),
    key,
  });
  const leaving = Math.min(Math.max(firing, 1), Number(perPoll) || Number.POSITIVE_INFINITY);
  const size = output === 'record' ? 1 : output === 'batch' ? Number(batchSize) || 1 : leaving;
  const parts = { id: sampleId, type: 'array', count: Math.ceil(leaving / size), len: 1, index: 0 };
  const head = topic === '' ? {} : { topic };
  if (output === 'record') return { payload: first.record, ...head, event: eventOf(first, 0), parts };
  const together = list.slice(0, Math.min(size, leaving));
  return {
    payload: together.map(({ record }) => record),
    ...head,
    event: { id: sampleId, ...at },
    events: together.map(eventOf),
    parts,
  };
}

/** A value of the cursor's field, as it is shown. */
export function cursorShown(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
