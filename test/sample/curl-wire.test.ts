/** Imported commands give the request that curl itself sends: both go to one server, and their bytes are compared. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaults as connectionDefaults } from '../../nodes/http-connection/config';
import { authenticatorOf } from '../../nodes/http-connection/schemes';
import { fromCurl } from '../../nodes/send-request/editor/curl';
import type { BodyKind, PartRow, SendRequestConfig } from '../../nodes/send-request/config';
import type { HeaderFields } from '../../src/connection/headers';
import { Template, type Place } from '../../src/exchange/template';
import { parseCurl } from '../../src/sample/curl';
import { connect } from '../support/connect';
import { examples, type Difference, type Example } from './curl-commands';
import { runInBash, startRecorder, type Raw, type Recorder } from './curl-peer';

const boundary = '----test-boundary';

describe('sample/curl on the wire', function () {
  this.timeout(30_000);
  let recorder: Recorder;
  let folder: string;

  before(async function () {
    try {
      execFileSync('curl', ['--version']);
    } catch {
      assert.fail('curl is needed: apt-get install -y curl');
    }
    recorder = await startRecorder();
    folder = mkdtempSync(join(tmpdir(), 'curl-import-'));
    writeFileSync(join(folder, 'photo.png'), Buffer.from('89504e470d0a1a0a00ff7b7b', 'hex'));
    writeFileSync(join(folder, 'notes.txt'), 'first\nsecond {{line}}\n');
    writeFileSync(join(folder, 'data.json'), '{"a": [1, 2]}');
  });

  after(async () => {
    await recorder.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The echo server in place of every host. */
  function atHome(command: string): string {
    return command.replace(
      /(?:https:\/\/((?:[^\s/@'"]+@)?)[\w.-]*\.example|\blocalhost:9200|\bapi\.search\.example)/g,
      (_, user: string | undefined) =>
        user === undefined ? `127.0.0.1:${recorder.port}` : `http://${user}127.0.0.1:${recorder.port}`,
    );
  }

  async function byCurl({ command, bash = command }: Example): Promise<Raw> {
    await runInBash(atHome(bash), folder);
    return recorder.take()[0]!;
  }

  async function byEngine({ command }: Example): Promise<Raw> {
    const { send, connection: imported, credentials } = fromCurl(parseCurl(atHome(command)));
    const config = { ...connectionDefaults, ...imported, id: '', type: '' };
    const unused = () => assert.fail('no token is fetched');
    const connection = connect({
      baseUrl: config.baseUrl,
      authenticator: authenticatorOf(config, credentials, { tokens: unused, store: unused }),
    });
    try {
      const rendered = encoders[send.bodyKind!]!(send, folder);
      const headers: HeaderFields = {};
      for (const { name, value } of send.headers!) {
        const known = Object.keys(headers).find((other) => other.toLowerCase() === name.toLowerCase());
        headers[known ?? name] = known ? [headers[known]!, text(value)].flat() : text(value);
      }
      const type = rendered?.contentType;
      if (type && !Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')) {
        headers['Content-Type'] = type;
      }
      await connection.send({
        method: send.method!,
        url: text(send.url!, 'url'),
        query: send.query!.map(({ name, value }) => [name, text(value)] as const),
        headers,
        body: rendered?.body,
      });
    } finally {
      await connection.close();
    }
    return recorder.take()[0]!;
  }

  for (const example of examples) {
    it(`${example.name}${example.differs ? ` (${example.differs})` : ''}`, async () => {
      const expected = await byCurl(example);
      const actual = await byEngine(example);
      compare(expected, actual, example.differs);
      const ordinary = new Set(['localFile', 'templateEscaped']);
      const noted = parseCurl(example.command).notes.map(({ code }) => code as string);
      const wanted = (example.notes ?? []).filter((code) => !ordinary.has(code));
      assert.deepEqual(
        [...new Set(noted.filter((code) => !ordinary.has(code)))].sort(),
        [...wanted].sort(),
        'notes',
      );
      if (example.notes?.includes('localFile')) assert.ok(noted.includes('localFile'));
    });
  }

  it('has the forty commands', () => assert.ok(examples.length >= 40, String(examples.length)));
});

function text(template: string, place: Place = 'text'): string {
  return new Template(template, place).render({ message: {} });
}

interface Rendered {
  body: Buffer;
  contentType: string;
}

/** The bodies as the node's encoders make them. */
const encoders: Partial<
  Record<BodyKind, (send: Partial<SendRequestConfig>, folder: string) => Rendered | undefined>
> = {
  none: () => undefined,
  json: ({ body }) => ({ body: Buffer.from(text(body!, 'json')), contentType: 'application/json' }),
  text: ({ body, contentType }) => ({ body: Buffer.from(text(body!)), contentType: contentType! }),
  xml: ({ body, contentType }) => ({ body: Buffer.from(text(body!)), contentType: contentType! }),
  form: ({ form }) => {
    const fields = form!.map(({ name, value }): [string, string] => [name, text(value)]);
    return {
      body: Buffer.from(new URLSearchParams(fields).toString()),
      contentType: 'application/x-www-form-urlencoded',
    };
  },
  graphql: ({ body, variables }) => {
    const object = variables ? (JSON.parse(text(variables, 'json')) as object) : undefined;
    return {
      body: Buffer.from(JSON.stringify({ query: text(body!), variables: object })),
      contentType: 'application/json',
    };
  },
  file: ({ bodyFile, contentType }, folder) => ({
    body: readFileSync(join(folder, text(bodyFile!))),
    contentType: contentType || 'application/octet-stream',
  }),
  multipart: ({ parts }, folder) => ({
    body: Buffer.concat([
      ...parts!.map((part) => partBytes(part, folder)),
      Buffer.from(`--${boundary}--\r\n`),
    ]),
    contentType: `multipart/form-data; boundary=${boundary}`,
  }),
};

function partBytes(part: PartRow, folder: string): Buffer {
  const value = text(part.value);
  const own = value.slice(value.lastIndexOf('/') + 1);
  const filename = part.kind === 'path' ? `; filename="${text(part.filename) || own}"` : '';
  const type = part.contentType ? `Content-Type: ${part.contentType}\r\n` : '';
  const content = part.kind === 'path' ? readFileSync(join(folder, value)) : Buffer.from(value);
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${part.name}"${filename}\r\n${type}\r\n`;
  return Buffer.concat([Buffer.from(head), content, Buffer.from('\r\n')]);
}

/** Written by whoever opens the connection, in its own case. */
const ownCase = new Set(['host', 'content-length', 'connection', 'transfer-encoding']);

function headersOf({ headers }: Raw, other: Raw): string[] {
  const has = (name: string) => other.headers.some(([known]) => known.toLowerCase() === name);
  return headers
    .filter(([name, value]) => {
      const known = name.toLowerCase();
      if (known === 'connection' || known === 'expect') return false;
      if (known === 'user-agent') return !/^(?:curl\/|test$)/.test(value);
      // curl has none or its own list with --compressed, the engine its own
      if (known === 'accept-encoding') return value === 'gzip, deflate, br';
      // nothing to measure: curl leaves the 0 out
      return known !== 'content-length' || value !== '0' || has(known);
    })
    .map(([name, value]) => `${ownCase.has(name.toLowerCase()) ? name.toLowerCase() : name}: ${value}`)
    .sort();
}

function compare(expected: Raw, actual: Raw, differs?: Difference): void {
  assert.equal(actual.method, expected.method);
  const own: Partial<Record<Difference, () => void>> = {
    encoded: () => {
      assert.notDeepEqual(actual.body, expected.body, 'the bytes do not differ');
      const fields = (raw: Raw) => [...new URLSearchParams(raw.body.toString())];
      assert.deepEqual(fields(actual), fields(expected));
      equalHeaders(expected, actual, ['content-length']);
      assert.equal(actual.target, expected.target);
    },
    order: () => {
      assert.notEqual(actual.target, expected.target, 'the order does not differ');
      const parts = ({ target }: Raw) => target.split(/[?&]/).sort();
      assert.deepEqual(parts(actual), parts(expected));
      equalHeaders(expected, actual);
      assert.deepEqual(actual.body, expected.body);
    },
    blanks: () => {
      assert.notDeepEqual(actual.body, expected.body, 'the bytes do not differ');
      assert.deepEqual(JSON.parse(actual.body.toString()), JSON.parse(expected.body.toString()));
      equalHeaders(expected, actual, ['content-length']);
      assert.equal(actual.target, expected.target);
    },
    signed: () => {
      const scope = ({ headers }: Raw) =>
        headers
          .find(([name]) => name.toLowerCase() === 'authorization')![1]
          .replace(/\/\d{8}\//, '/today/')
          .replace(/,.*/s, '');
      assert.match(scope(expected), /^AWS4-HMAC-SHA256 Credential=AKIAINVENTED\/today\/eu-central-1\/s3\//);
      assert.equal(scope(actual), scope(expected));
      const token = (raw: Raw) => raw.headers.find(([name]) => /^x-amz-security-token$/i.test(name))![1];
      assert.equal(token(actual), token(expected));
      assert.equal(actual.target, expected.target);
      assert.deepEqual(actual.body, expected.body);
    },
    typed: () => {
      const typeOf = (raw: Raw) => raw.headers.find(([name]) => /^content-type$/i.test(name))?.[1];
      assert.equal(typeOf(expected), undefined);
      assert.equal(typeOf(actual), 'application/octet-stream');
      equalHeaders(expected, actual, ['content-type']);
      assert.equal(actual.target, expected.target);
      assert.deepEqual(actual.body, expected.body);
    },
    case: () => {
      const lower = ({ target }: Raw) => target.replace(/%[0-9A-F]{2}/g, (found) => found.toLowerCase());
      assert.equal(lower(actual), lower(expected));
      equalHeaders(expected, actual);
      assert.deepEqual(actual.body, expected.body);
    },
    escaped: () => {
      assert.notEqual(actual.target, expected.target, 'the URLs do not differ');
      assert.equal(decodeURIComponent(actual.target), decodeURIComponent(expected.target));
      equalHeaders(expected, actual);
    },
  };
  if (differs) return own[differs]!();
  assert.equal(actual.target, expected.target);
  const parts = partsOf(expected);
  equalHeaders(expected, actual, parts ? ['content-length', 'content-type'] : []);
  if (parts) assert.deepEqual(partsOf(actual), parts);
  else assert.deepEqual(actual.body.toString(), expected.body.toString());
}

function equalHeaders(expected: Raw, actual: Raw, except: readonly string[] = []): void {
  const kept = (lines: string[]) =>
    lines.filter((line) => !except.includes(line.split(':')[0]!.toLowerCase()));
  assert.deepEqual(kept(headersOf(actual, expected)), kept(headersOf(expected, actual)));
}

/** The parts of a multipart body, without its boundary; undefined for any other body. */
function partsOf({ headers, body }: Raw): string[] | undefined {
  const type = headers.find(([name]) => /^content-type$/i.test(name))?.[1] ?? '';
  const [, mark] = /^multipart\/form-data; boundary=(.+)$/.exec(type) ?? [];
  if (!mark) return undefined;
  const pieces = body.toString('latin1').split(`--${mark}`);
  assert.equal(pieces.at(-1), '--\r\n');
  return pieces.slice(1, -1);
}
