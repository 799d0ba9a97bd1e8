/** A source whose rows are created and updated all the time, and a reader of what two polling nodes put out of it. */
import assert from 'node:assert/strict';
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { decode } from '../runtime/debug-message';
import { sendJson, startServer, type TestServer } from '../support/server';

export interface Row {
  id: number;
  /** Counts the updates; the creation is 1. */
  rev: number;
  /** When it was written, ISO: up to a second ago, and several rows at one time. */
  at: string;
}

/** A version of a row: what has to come out. */
export const versionOf = ({ id, rev }: Row): string => `${id}@${rev}`;

const pageSize = 25;
/** Milliseconds by which a row can be late: the nodes look back further. */
const latest = 1000;

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
export function numbersFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Answers `rows?since=…&page=…`: the rows from a time on, in the order of their times, which drift while pages are read. */
export class ChangingSource {
  readonly rows: Row[] = [];
  /** Every version that there ever was. */
  readonly versions = new Set<string>();
  readonly #random: () => number;
  #server!: TestServer;

  constructor(random: () => number) {
    this.#random = random;
  }

  async open(): Promise<this> {
    this.#server = await startServer(({ url }, response) => {
      const query = new URL(url, 'http://source').searchParams;
      const since = query.get('since') ?? '';
      const first = (Number(query.get('page') ?? 1) - 1) * pageSize;
      const found = this.rows
        .filter(({ at }) => at >= since)
        .sort((a, b) => (a.at < b.at ? -1 : +(a.at > b.at)));
      this.#server.received.length = 0;
      sendJson(response, found.slice(first, first + pageSize));
    });
    return this;
  }

  get url(): string {
    return this.#server.url;
  }

  /**
   * Creates some rows and updates some.
   *
   * @param mayChange whether the row's version has come out: one that is overwritten before anybody saw it cannot
   */
  change(mayChange: (row: Row) => boolean): void {
    for (let i = this.#random() * 3; i > 1; i--) {
      this.#write(this.rows[this.rows.push({ id: this.rows.length, rev: 0, at: '' }) - 1]!);
    }
    for (let i = this.#random() * 3; i > 1; i--) {
      const row = this.rows[Math.floor(this.#random() * this.rows.length)];
      if (row && mayChange(row)) this.#write(row);
    }
  }

  #write(row: Row): void {
    row.rev++;
    // Tens of milliseconds: many have the same time.
    row.at = new Date(Math.floor((Date.now() - this.#random() * latest) / 50) * 50).toISOString();
    this.versions.add(versionOf(row));
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

interface Event {
  id: string;
  key: string;
  attempt: number;
}

/** A message of a polling node; with `events` it is of a list. */
interface Message {
  payload: Row | Row[];
  event: Event;
  events?: Event[];
  parts: { id: string; index: number; count: number };
}

/** A line of what the recorder in Node-RED writes. */
export interface Recorded {
  id: string;
  msg: unknown;
  format: string;
}

/** The lines of a file that another process writes, and that may end in the middle of one. */
export class Lines {
  readonly #file: string;
  #position = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Those that came since the last call. */
  next(): string[] {
    if (!existsSync(this.#file)) return [];
    const file = openSync(this.#file, 'r');
    try {
      const fresh = Buffer.alloc(fstatSync(file).size - this.#position);
      const read = readSync(file, fresh, 0, fresh.length, this.#position);
      const end = fresh.lastIndexOf('\n', read) + 1;
      this.#position += end;
      return fresh.toString('utf8', 0, end).split('\n').filter(Boolean);
    } finally {
      closeSync(file);
    }
  }
}

/** What a node put out, over all runs; checks what comes again as it comes. */
export class Output {
  /** Versions that came out, with the id of their event. */
  readonly seen = new Map<string, string>();
  /** How many events came again. */
  repeats = 0;
  /** How many turns were repeated. */
  repeatedTurns = 0;
  readonly #node: string;
  readonly #turns = new Set<string>();
  /** The turn that came last, and at which attempt. */
  #turn = '';
  #attempt = 0;
  /** The next message is the first of its run. */
  #isFirst = true;

  /** @param node the debug node behind it */
  constructor(node: string) {
    this.#node = node;
  }

  /** A run begins: what was pending may come again, first of all. */
  begin(): void {
    this.#isFirst = true;
  }

  /** @param record of a debug node, as the recorder writes it */
  take({ id, msg, format }: Recorded): void {
    if (id !== this.#node) return;
    const { payload, event, events, parts } = decode(msg, format) as Message;
    this.#checkTurn(event.attempt, parts.id);
    const rows = Array.isArray(payload) ? payload : [payload];
    for (const [index, { id: eventId, key, attempt }] of (events ?? [event]).entries()) {
      const row = rows[index]!;
      assert.equal(key, String(row.id));
      assert.equal(attempt, event.attempt);
      const version = versionOf(row);
      const known = this.seen.get(version);
      if (known !== undefined) {
        assert.equal(eventId, known, `${version} has two ids at ${this.#node}`);
        assert.ok(attempt > 1, `${version} came again at ${this.#node} as a first attempt`);
        this.repeats++;
      }
      this.seen.set(version, eventId);
    }
  }

  /** Only the turn that was pending comes again: before all others of its run, as the next attempt. */
  #checkTurn(attempt: number, partsId: string): void {
    const turn = attempt > 1 ? partsId.slice(0, -`-${attempt}`.length) : partsId;
    const isSame = turn === this.#turn;
    // Another one than the last may have been pending too: one of which nothing had come.
    assert.ok(isSame || !this.#turns.has(turn), `${turn} came again at ${this.#node}, and was not the last`);
    if (this.#isFirst) {
      assert.ok(
        !isSame || attempt > this.#attempt,
        `${turn} came again at ${this.#node} as the same attempt`,
      );
      if (attempt > 1) this.repeatedTurns++;
    } else {
      assert.ok(
        isSame ? attempt === this.#attempt : attempt === 1,
        `attempt ${attempt} in the middle of a run`,
      );
    }
    this.#turns.add(turn);
    [this.#turn, this.#attempt, this.#isFirst] = [turn, attempt, false];
  }

  missing(versions: Iterable<string>): string[] {
    return [...versions].filter((version) => !this.seen.has(version));
  }
}
