import { isDeepStrictEqual } from 'node:util';
import { isStreamed } from '../connection/body';
import type { Request } from '../connection/connection';
import type { DecodeKind } from '../exchange/decode';
import type { AnswerSummary, DecodedAnswer } from '../exchange/exchange';
import { classify, Failure } from '../exchange/failure';
import type { Pager, Token } from './pager';
import type { PagingPosition } from './position';
import { recordsFinder, wasXml } from './records';
import { checkPosition } from './resume';
import { Trail } from './trail';

/** One page as it arrived. */
export interface Page {
  /** From 0; goes on where a position was handed in. */
  index: number;
  body: unknown;
  /** Cut where the cap on records was reached. */
  records: readonly unknown[];
  summary: AnswerSummary;
  /** It is the last, and nothing is missing. */
  complete: boolean;
  /** It is the last because of this cap; there is more. */
  stopped?: 'pages' | 'records' | 'time';
}

export interface PagesOptions {
  /** @throws Failure for an answer that is no success */
  send: (request: Request) => Promise<DecodedAnswer>;
  /** Property path of the records in each answer; '' finds them. */
  recordsPath: string;
  /** How the answers were read; default `auto`. */
  decode?: DecodeKind;
  /** Caps, 0 for none: on pages and records from the first page on, and on the seconds of this run. */
  maxPages: number;
  maxRecords: number;
  maxSeconds: number;
  /** A position of an earlier failure, of whatever origin. */
  resume?: unknown;
  signal?: AbortSignal;
  clock: { now(): number };
}

/**
 * The pages of a list, each as it arrives. The next request leaves when the next page is asked for. A failure says in
 * `paging` what was put out before it; handed back as `resume`, it goes on with exactly the page that failed.
 *
 * @throws Failure of `send`; RECORDS_NOT_FOUND; PAGING where the server leads in circles or contradicts itself;
 *   INVALID_REQUEST where the request cannot be changed, or a position cannot be resumed
 */
export async function* pages(
  first: Request,
  pager: Pager,
  options: PagesOptions,
): AsyncGenerator<Page, void, undefined> {
  const { send, maxPages, maxRecords, maxSeconds, signal, clock } = options;
  const started = clock.now();
  const resumed = options.resume === undefined ? undefined : checkPosition(options.resume, pager);
  const findRecords = recordsFinder(options.recordsPath);
  const trail = new Trail(pager);
  let token = resumed?.next ?? pager.start;
  let index = resumed?.page ?? 0;
  let count = resumed?.records ?? 0;
  const at = (next?: Token | null): PagingPosition => ({
    strategy: pager.kind,
    fingerprint: pager.fingerprint,
    page: index,
    records: count,
    ...(next === undefined ? {} : { next }),
  });

  for (let sent = 0; ; sent++) {
    let answer: DecodedAnswer;
    let records: readonly unknown[];
    let next: Token | undefined;
    try {
      if (signal?.aborted) throw aborted(signal);
      if (sent > 0) assertRepeatable(first);
      trail.ask(token);
      answer = await send(token === undefined ? first : pager.request(first, token));
      if (token === undefined) trail.ask(pager.here?.(answer));
      records =
        answer.summary.statusCode === 204 ? [] : findRecords(answer.body, wasXml(answer, options.decode));
      trail.arrived(records);
      next = pager.next({ answer, records, token });
      // an empty answer that names itself is how a feed says that nothing is new
      if (records.length === 0 && isDeepStrictEqual(next, token)) next = undefined;
    } catch (error) {
      throw positioned(error, at(token ?? null));
    }

    const left = maxRecords > 0 ? Math.max(0, maxRecords - count) : Infinity;
    const overfull = records.length > left;
    if (overfull) records = records.slice(0, left);
    const page: Page = { index, ...answer, records, complete: next === undefined && !overfull };
    index++;
    count += records.length;
    if (overfull || next !== undefined) {
      if (overfull || records.length === left) page.stopped = 'records';
      else if (maxPages > 0 && index >= maxPages) page.stopped = 'pages';
      else if (maxSeconds > 0 && clock.now() - started >= maxSeconds * 1000) page.stopped = 'time';
    }
    yield page;
    if (next === undefined || page.stopped) return;
    try {
      trail.check(next);
    } catch (error) {
      // what it names as next was read: to go on there would be to repeat it
      throw positioned(error, at());
    }
    token = next;
  }
}

/** A failure of its own: that of a connection which was closed is the same for all that it had to do. */
function positioned(error: unknown, paging: PagingPosition): Failure {
  const failure = classify(error);
  return new Failure(failure.code, failure.message, { ...failure, cause: failure.cause, paging });
}

function aborted(signal: AbortSignal): Failure {
  const reason: unknown = signal.reason;
  return reason instanceof Failure
    ? reason
    : new Failure('ABORTED', 'the pages were broken off', { cause: reason });
}

function assertRepeatable({ body }: Request): void {
  if (!isStreamed(body) || body.repeatable) return;
  throw new Failure(
    'INVALID_REQUEST',
    'the next page cannot be asked for: the body is a stream that is read once',
  );
}
