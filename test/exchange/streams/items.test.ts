import assert from 'node:assert/strict';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { Failure } from '../../../src/exchange/failure';
import {
  eventStream,
  itemSink,
  jsonLineStream,
  lineStream,
  type OnItem,
  type ServerEvent,
} from '../../../src/exchange/streams';
import { refused } from '../../support/refused';
import { startServer } from '../../support/server';

/** What comes out when these bytes go in, in pieces of this many. */
async function through<Item>(
  make: (onItem: OnItem<Item>) => Writable,
  bytes: Buffer | string,
  size = 1,
): Promise<Item[]> {
  const items: Item[] = [];
  const all = Buffer.from(bytes as string);
  const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.subarray(index * size, (index + 1) * size),
  );
  await pipeline(
    Readable.from(pieces),
    make((item) => void items.push(item)),
  );
  return items;
}

const jsonLines = (bytes: Buffer | string, size?: number): Promise<unknown[]> =>
  through((onItem) => jsonLineStream(onItem), bytes, size);
const events = (text: string, size?: number): Promise<ServerEvent[]> =>
  through((onItem) => eventStream(onItem), text, size);

describe('exchange/streams: items', () => {
  describe('lines', () => {
    const lines = (bytes: Buffer | string, options = {}, size?: number): Promise<string[]> =>
      through((onItem) => lineStream(onItem, options), bytes, size);

    it('LF, CRLF, blank ones, and a last one without an end', async () => {
      assert.deepEqual(await lines('a\r\n\r\nü\nb\rc'), ['a', '', 'ü', 'b\rc']);
      assert.deepEqual(await lines(''), []);
      assert.deepEqual(await lines('\n'), ['']);
    });

    it('however the bytes are cut', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.string({ unit: 'binary' }).map((one) => one.toWellFormed().replace(/[\r\n\ufeff]/g, '')),
          ),
          fc.integer({ min: 1, max: 7 }),
          async (texts, size) => {
            assert.deepEqual(await lines(texts.map((text) => `${text}\n`).join(''), {}, size), texts);
          },
        ),
        { numRuns: 50 },
      );
    });

    it('in their charset, without a byte order mark', async () => {
      assert.deepEqual(await lines(Buffer.from('ü\né', 'latin1'), { charset: 'iso-8859-1' }), ['ü', 'é']);
      assert.deepEqual(await lines(Buffer.from('ü\né', 'utf16le'), { charset: 'utf-16le' }), ['ü', 'é']);
      assert.deepEqual(await lines('\ufeffü\n', { charset: 'klingon' }), ['ü']);
    });
  });

  describe('NDJSON', () => {
    it('a value a line; blank lines are nothing', async () => {
      const text = '{"a":"€"}\r\n\n1\n null \n[]';
      for (const size of [1, 2, 3, 100])
        assert.deepEqual(await jsonLines(text, size), [{ a: '€' }, 1, null, []]);
    });

    it('a bad line ends it, after the good ones, and is kept', async () => {
      const items: unknown[] = [];
      const stream = jsonLineStream((item) => void items.push(item));
      await assert.rejects(
        pipeline(Readable.from([Buffer.from('1\n2\n{"a":\n3\n')]), stream),
        (error: unknown) => {
          refused('INVALID_BODY', /^line 3 of the body is not valid JSON/)(error);
          assert.equal(((error as Failure).cause as Error).message, '{"a":');
          return true;
        },
      );
      assert.deepEqual(items, [1, 2]);
    });

    it('behind record separators', async () => {
      const sequence = (text: string): Promise<unknown[]> =>
        through((onItem) => jsonLineStream(onItem, { sequence: true }), text);
      assert.deepEqual(await sequence('\x1e{"a":\n1}\n\x1e2\n'), [{ a: 1 }, 2]);
      await assert.rejects(sequence('\x1e1\n\x1e{\n'), refused('INVALID_BODY', /^line 2 /));
    });

    it('a line without an end stops at the limit, in flat memory', async () => {
      let sent = 0;
      const endless = new Readable({
        read() {
          sent += 65536;
          this.push(Buffer.alloc(65536, 'a'));
        },
      });
      const before = process.memoryUsage().rss;
      await assert.rejects(
        pipeline(
          endless,
          jsonLineStream(() => assert.fail('there is no line')),
        ),
        refused('BODY_TOO_LARGE', /^line 1 of the body is longer than 10485760 characters/),
      );
      assert.ok(sent < 12e6);
      assert.ok(process.memoryUsage().rss - before < 150e6);
    });
  });

  describe('server-sent events', () => {
    it('with their names, ids and data', async () => {
      const text =
        '\ufeffdata: first\n\n:comment\nevent: add\rid: 7\rdata: {"a": "€"}\r\rretry: 1500\r\ndata\r\n\r\nid\ndata: 1\ndata: 2\nunknown: x\n\nevent: none\n\ndata: cut off';
      for (const size of [1, 2, 5, 1000]) {
        assert.deepEqual(await events(text, size), [
          { event: 'message', data: 'first', id: '' },
          { event: 'add', data: { a: '€' }, id: '7' },
          { event: 'message', data: '', id: '7', retry: 1500 },
          { event: 'message', data: '1\n2', id: '', retry: 1500 },
        ]);
      }
    });

    it('a CR at the very end ends the last one, a lone line does not', async () => {
      assert.deepEqual((await events('data: 1\r\r')).length, 1);
      assert.deepEqual((await events('data: 1\n')).length, 0);
      assert.deepEqual((await events('data: 1\r')).length, 0);
    });

    it('data as text, or as JSON and nothing else', async () => {
      const of = (data: 'json' | 'text', text: string): Promise<ServerEvent[]> =>
        through((onItem) => eventStream(onItem, { data }), text);
      assert.equal((await of('text', 'data: {"a":1}\n\n'))[0]!.data, '{"a":1}');
      assert.deepEqual((await of('json', 'data: {"a":1}\n\n'))[0]!.data, { a: 1 });
      await assert.rejects(of('json', 'data: 1\n\ndata: [DONE]\n\n'), (error: unknown) => {
        refused('INVALID_BODY', /^the data of event 2 is not valid JSON/)(error);
        assert.equal(((error as Failure).cause as Error).message, '[DONE]');
        return true;
      });
      const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
      assert.equal((await events(`data: ${deep}\n\n`, 1000))[0]!.data, deep);
    });

    for (const [what, unit] of [
      ['a line', 'data: aaaaaaaa'],
      ['an event', 'data: aaaaaaaa\n'],
    ] as const) {
      it(`${what} without an end stops at the limit`, async () => {
        const chunk = Buffer.from(unit.repeat(5000));
        const endless = new Readable({
          read() {
            this.push(chunk);
          },
        });
        await assert.rejects(
          pipeline(
            endless,
            eventStream(() => assert.fail('there is no event'), { longest: 1_000_000 }),
          ),
          refused('BODY_TOO_LARGE', /^event 1 of the body is longer than 1000000/),
        );
      });
    }
  });

  describe('handing out', () => {
    it('waits for each item, and holds back who sends', async () => {
      let running = 0;
      let taken = 0;
      let sent = 0;
      const stream = lineStream(async () => {
        assert.equal(++running, 1);
        await new Promise(setImmediate);
        running--;
        taken++;
        // what was sent beyond that lies in the buffers of both sides
        assert.ok(sent - taken < 5000, `${sent} sent, ${taken} taken`);
      });
      const source = new Readable({
        read() {
          const lines = sent < 30_000 ? 100 : 0;
          sent += lines;
          this.push(lines ? Buffer.from(`${'x'.repeat(99)}\n`.repeat(lines)) : null);
        },
      });
      await pipeline(source, stream);
      assert.equal(taken, 30_000);
    });

    it('fails with the error of who takes them', async () => {
      const items: string[] = [];
      const stream = lineStream((item) => {
        items.push(item);
        if (item === 'b') throw new Failure('ABORTED', 'enough');
      });
      await assert.rejects(
        pipeline(Readable.from([Buffer.from('a\nb\nc\n')]), stream),
        refused('ABORTED', /enough/),
      );
      assert.deepEqual(items, ['a', 'b']);
    });

    it('nothing after it was destroyed, also when the one before is still being taken', async () => {
      const items: string[] = [];
      let release: (() => void) | undefined;
      const stream = lineStream((item) => {
        items.push(item);
        return new Promise((resolve) => (release = resolve));
      });
      stream.write('a\nb\n');
      stream.destroy();
      await new Promise((resolve) => stream.once('close', resolve));
      release!();
      await new Promise(setImmediate);
      assert.deepEqual(items, ['a']);
    });
  });

  describe('sinks', () => {
    const open = (
      kind: Parameters<typeof itemSink>[0],
      type: string,
      statusCode = 200,
    ): [Writable | undefined, unknown[]] => {
      const items: unknown[] = [];
      const sink = itemSink(kind, (item) => void items.push(item), { accepts: (status) => status < 300 });
      assert.equal(sink.restartable, false);
      return [sink.open({ statusCode, headers: { 'content-type': type }, url: '' }), items];
    };

    it('go by the charset and the kind of sequence of the answer, and leave failures alone', async () => {
      const cases: [Parameters<typeof itemSink>[0], string, Buffer, unknown[]][] = [
        ['lines', 'text/plain; charset=iso-8859-1', Buffer.from('ü', 'latin1'), ['ü']],
        ['ndjson', 'application/x-ndjson', Buffer.from('1\n2'), [1, 2]],
        ['ndjson', 'application/json-seq', Buffer.from('\x1e1\n\x1e2\n'), [1, 2]],
        ['events', 'text/event-stream', Buffer.from('data: 1\n\n'), [{ event: 'message', data: 1, id: '' }]],
      ];
      for (const [kind, type, body, expected] of cases) {
        const [stream, items] = open(kind, type);
        await pipeline(Readable.from([body]), stream!);
        assert.deepEqual(items, expected);
      }
      assert.equal(open('lines', 'text/plain', 500)[0], undefined);
    });

    it('events arrive one by one while the server still sends', async () => {
      let next: (() => void) | undefined;
      const server = await startServer((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        let count = 0;
        next = () => (count++ < 3 ? void response.write(`data: ${count}\n\n`) : void response.end());
        next();
      });
      try {
        const response = await fetch(server.url);
        const seen: unknown[] = [];
        const stream = eventStream(({ data }) => {
          seen.push(data);
          next!();
        });
        await pipeline(Readable.fromWeb(response.body as never), stream);
        assert.deepEqual(seen, [1, 2, 3]);
      } finally {
        await server.close();
      }
    });
  });
});
