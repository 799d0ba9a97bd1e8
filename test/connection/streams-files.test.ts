import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import type { Connection, Sink } from '../../src/connection/connection';
import { Failure } from '../../src/exchange/failure';
import { connect } from '../support/connect';
import { serveHttp, type StreamServer } from './stream-server';

describe('connection/streams: answers to files', () => {
  const open: { close(): unknown }[] = [];
  const serve = async (listener: RequestListener): Promise<StreamServer> => {
    const server = await serveHttp(listener);
    open.push(server);
    return server;
  };
  const to = ({ url }: StreamServer): Connection => {
    const connection = connect({ baseUrl: url });
    open.push(connection);
    return connection;
  };
  const into = (writable: Writable): Sink => ({ open: () => writable, restartable: false });
  const get = { method: 'GET', url: '' };

  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close();
  });

  async function fails(promise: Promise<unknown>, code: string): Promise<Failure> {
    const error: unknown = await promise.then(
      () => assert.fail(`did not fail with ${code}`),
      (error: unknown) => error,
    );
    assert.ok(error instanceof Failure);
    assert.equal(error.code, code, error.message);
    return error;
  }

  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'streams-'))));
  after(() => rm(folder, { recursive: true }));

  it('are complete on the disk when send resolves', async () => {
    const bytes = randomBytes(5_000_000);
    const server = await serve((_request, response) => void response.end(bytes));
    const file = path.join(folder, 'answer');
    await to(server).send(get, { sink: into(createWriteStream(file)) });
    assert.ok((await readFile(file)).equals(bytes));
  });

  for (const [name, file, sentence] of [
    ['a full disk', '/dev/full', /the disk is full/],
    ['a folder that does not exist', '/nowhere/file', /does not exist: \/nowhere\/file/],
    ['a folder', '/tmp', /a folder and not a file/],
  ] as const) {
    it(`${name} ends the request as FILE`, async () => {
      const server = await serve((_request, response) => {
        const drip = setInterval(() => response.write(Buffer.alloc(100_000)), 5);
        response.on('close', () => clearInterval(drip));
      });
      const failure = await fails(
        to(server).send(get, { sink: { open: () => createWriteStream(file), restartable: false } }),
        'FILE',
      );
      assert.match(failure.message, sentence);
      assert.equal(failure.retryable, false);
      await server.empty();
    });
  }

  it('a sink that throws, a writable that fails in its own way, and one that is closed', async () => {
    const server = await serve((_request, response) => void response.write('begin'));
    const throwing = (error: unknown): Sink => ({
      open: () => {
        throw error;
      },
      restartable: true,
    });
    const denied = Object.assign(new Error('EACCES: denied'), { code: 'EACCES' });
    await fails(to(server).send(get, { sink: throwing(denied) }), 'FILE');
    await fails(to(server).send(get, { sink: throwing(new TypeError('broken')) }), 'INTERNAL');
    const own = new Writable({ write: (_c, _e, done) => done(new Failure('INVALID_BODY', 'no number')) });
    await fails(to(server).send(get, { sink: into(own) }), 'INVALID_BODY');
    const closed = new Writable({ write: () => void closed.destroy() });
    await fails(to(server).send(get, { sink: into(closed) }), 'ABORTED');
    const before = new Writable({ write: (_c, _e, done) => done() });
    before.destroy();
    await fails(to(server).send(get, { sink: into(before) }), 'ABORTED');
    await server.empty();
  });
});
