import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Requesting } from '../../support/requesting';
import { sendJson } from '../../support/server';

describe('nodes/send-request: streams', () => {
  let requesting: Requesting;
  let directory: string;

  beforeEach(async () => {
    requesting = await Requesting.start();
    directory = mkdtempSync(join(tmpdir(), 'send-request-'));
  });

  afterEach(async () => {
    await requesting.close();
    rmSync(directory, { recursive: true });
  });

  describe('lines', () => {
    it('leave one by one as they arrive', async () => {
      let open: ServerResponse | undefined;
      requesting.answer = (_request, response) => {
        open = response;
        response.writeHead(200, { 'content-type': 'application/x-ndjson', 'x-mine': 'h' });
        response.write('{"n":1}\n{"n":');
      };
      await requesting.load({ responseKind: 'ndjson' });
      requesting.send({ topic: 't', payload: 'in' });
      const { flow } = requesting;
      const first = await flow.after('answers', 0);
      assert.deepEqual(first.payload, { n: 1 });
      assert.equal(first.topic, 't');
      assert.equal(first.statusCode, 200);
      assert.equal((first.response as { headers: Record<string, string> }).headers['x-mine'], 'h');
      assert.equal(flow.messages('completed').length, 0);
      open!.end('2}\n\n[3]');
      const out = await flow.first('answers', 3);
      assert.deepEqual(
        out.map(({ payload }) => payload),
        [{ n: 1 }, { n: 2 }, [3]],
      );
      const parts = out.map((msg) => msg.parts as { id: string; index: number });
      assert.deepEqual(
        parts.map(({ index }) => index),
        [0, 1, 2],
      );
      assert.equal(new Set(parts.map(({ id }) => id)).size, 1);
      await flow.after('completed', 0);
    });

    it('that break keep what left', async () => {
      requesting.answer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/x-ndjson' });
        response.write('{"n":1}\n', () => response.destroy());
      };
      await requesting.load({ responseKind: 'ndjson' }, { retryAttempts: 3 });
      const caught = await requesting.failing({});
      assert.equal(caught.error.code, 'CONNECTION_RESET');
      assert.deepEqual(
        requesting.flow.messages('answers').map(({ payload }) => payload),
        [{ n: 1 }],
      );
      assert.equal(requesting.server.received.length, 1);
    });

    it('of a failed answer do not leave', async () => {
      requesting.answer = (_request, response) => sendJson(response, { why: 1 }, 400);
      await requesting.load({ responseKind: 'ndjson' });
      const { failure } = await requesting.failing({});
      assert.deepEqual(failure.response!.body, { why: 1 });
      assert.equal(requesting.flow.messages('answers').length, 0);
    });
  });

  it('of events leave with their names', async () => {
    requesting.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('event: price\nid: 7\ndata: {"eur":1}\n\n: still here\n\ndata: plain\ndata: text\n\n');
    };
    await requesting.load({ responseKind: 'sse' });
    const out = await requesting.through({});
    assert.deepEqual(
      out.map(({ payload, sse }) => [payload, sse]),
      [
        [{ eur: 1 }, { event: 'price', id: '7' }],
        ['plain\ntext', { event: 'message', id: '7' }],
      ],
    );
  });

  describe('a file', () => {
    it('is written under the name that the message gives, and only then there', async () => {
      requesting.answer = ({ url }, response) => response.end(url);
      await requesting.load({
        responseKind: 'file',
        responseFile: `${directory}/{{name}}.txt`,
        responseProperty: 'saved',
      });
      const [out] = await requesting.through({ name: 'a&b', payload: 'kept' });
      const path = join(directory, 'a&b.txt');
      assert.deepEqual(out!.saved, { path, size: 7 });
      assert.equal(out!.payload, 'kept');
      assert.equal(readFileSync(path, 'utf8'), '/things');
    });

    it('stays as it was when the download breaks', async () => {
      const path = join(directory, 'old');
      writeFileSync(path, 'old');
      requesting.answer = (_request, response) => {
        response.writeHead(200, { 'content-length': '10' });
        response.write('half', () => response.destroy());
      };
      await requesting.load({ responseKind: 'file', responseFile: path });
      await requesting.failing({});
      assert.equal(readFileSync(path, 'utf8'), 'old');
      assert.deepEqual(readdirSync(directory), ['old']);
    });

    it('is an error where there is no folder for it', async () => {
      await requesting.load({ responseKind: 'file', responseFile: join(directory, 'none', 'f') });
      const caught = await requesting.failing({});
      assert.equal(caught.error.code, 'FILE');
      assert.ok(!existsSync(join(directory, 'none')));
    });

    it('is sent as a body, and again with another attempt', async () => {
      const path = join(directory, 'up.json');
      writeFileSync(path, '{"up":1}');
      let attempts = 0;
      requesting.answer = (_request, response) => sendJson(response, {}, ++attempts < 2 ? 503 : 200);
      await requesting.load(
        { method: 'PUT', bodyKind: 'file', bodyFile: '{{payload}}' },
        { retryAttempts: 2, retryMaxDelay: 0.01 },
      );
      await requesting.through({ payload: path });
      for (const { headers, body } of requesting.server.received) {
        assert.equal(body.toString(), '{"up":1}');
        assert.equal(headers['content-length'], '8');
        assert.equal(headers['content-type'], 'application/json');
      }
      assert.equal(attempts, 2);
      const caught = await requesting.failing({ payload: join(directory, 'gone') });
      assert.equal(caught.error.code, 'FILE');
    });
  });
});
