/** Imported commands as the fields of the two nodes. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromCurl, literal } from '../../nodes/send-request/editor/curl';
import { Template } from '../../src/exchange/template';
import { parseCurl } from '../../src/sample/curl';
import { noteCodes, Notes } from '../../src/sample/curl/types';

const of = (command: string) => fromCurl(parseCurl(command));
const codes = (command: string) => of(command).notes.map(({ code }) => code);

describe('nodes/send-request/editor/curl', () => {
  it('fills both nodes, with every secret among the credentials', () => {
    const command =
      "curl -L 'https://api.example/v1/items?page=2&api_key=query-secret' -H 'X-Api-Key: header-secret' -H 'Authorization: Bearer bearer-secret' -H 'X-Plain: a' --max-time 30 --connect-timeout 2.5 --retry 4 --max-redirs 3 -c jar --json '{\"a\": 1}'";
    const { send, connection, credentials, notes } = of(command);
    assert.deepEqual(send, {
      method: 'POST',
      url: '/v1/items',
      query: [{ name: 'page', value: '2', type: 'str' }],
      headers: [
        { name: 'X-Plain', value: 'a', type: 'str' },
        { name: 'Content-Type', value: 'application/json', type: 'str' },
        { name: 'Accept', value: 'application/json', type: 'str' },
      ],
      bodyKind: 'json',
      body: '{"a": 1}',
    });
    assert.deepEqual(connection, {
      baseUrl: 'https://api.example',
      auth: 'custom',
      authFields: [
        { in: 'header', name: 'Authorization', slot: 'secret1' },
        { in: 'header', name: 'X-Api-Key', slot: 'secret2' },
        { in: 'query', name: 'api_key', slot: 'secret3' },
      ],
      maxRedirects: 3,
      connectTimeout: 2.5,
      totalTimeout: 30,
      retryAttempts: 5,
      cookies: true,
    });
    assert.deepEqual(credentials, {
      secret1: 'Bearer bearer-secret',
      secret2: 'header-secret',
      secret3: 'query-secret',
    });
    assert.deepEqual(notes, []);
    assert.ok(!JSON.stringify([send, connection, notes]).includes('-secret'));
  });

  const schemes: [command: string, auth: string, credentials: object][] = [
    ['curl x', 'none', {}],
    ['curl -u a:b:c x', 'basic', { username: 'a', password: 'b:c' }],
    ['curl http://a:b%40@x', 'basic', { username: 'a', password: 'b@' }],
    ['curl -u c:d http://a:b@x', 'basic', { username: 'c', password: 'd' }],
    ["curl x -H 'Authorization: Basic YTpiw6k='", 'basic', { username: 'a', password: 'bé' }],
    ["curl x -H 'authorization: Basic !!'", 'headers', { secret1: 'Basic !!' }],
    ["curl x -H 'Authorization: Basic YTpi, x'", 'headers', { secret1: 'Basic YTpi, x' }],
    ["curl x -H 'Authorization: Token t'", 'headers', { secret1: 'Token t' }],
    ['curl x --oauth2-bearer t', 'bearer', { token: 't' }],
    ['curl --digest -u a:b x', 'digest', { username: 'a', password: 'b' }],
    ['curl --ntlm -u d\\\\a:b x', 'ntlm', { username: 'd\\a', password: 'b' }],
    ['curl -u a:b x?token=t', 'custom', { username: 'a', password: 'b', secret1: 't' }],
    ['curl x?appid=0123456789', 'query', { secret1: '0123456789' }],
    [
      "curl x --aws-sigv4 aws:amz:eu-west-1:es -u a:b -H 'X-Amz-Security-Token: t'",
      'aws',
      { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 't' },
    ],
  ];
  for (const [command, auth, credentials] of schemes) {
    it(`chooses ${auth}: ${command}`, () => {
      const imported = of(command);
      assert.equal(imported.connection.auth, auth);
      assert.deepEqual(imported.credentials, credentials);
      assert.deepEqual(
        imported.send.headers!.map(({ name }) => name),
        [],
      );
    });
  }

  it('leaves in the request what the connection has no place for, and says so', () => {
    const digest = of("curl --digest -u a:b x -H 'X-Api-Key: k'");
    assert.deepEqual(digest.send.headers, [{ name: 'X-Api-Key', value: 'k', type: 'str' }]);
    assert.deepEqual(
      digest.notes.map(({ code }) => code),
      ['secretInRequest'],
    );
    const many = of(`curl x ${Array.from({ length: 10 }, (_, n) => `-H 'X${n}-Token: t'`).join(' ')}`);
    assert.equal(many.connection.authFields!.length, 8);
    assert.deepEqual(
      many.send.headers!.map(({ name }) => name),
      ['X8-Token', 'X9-Token'],
    );
  });

  it('takes bodies over by their kind', () => {
    const body = (options: string) => {
      const { bodyKind, body, form, parts, bodyFile, contentType, variables } = of(
        `curl x/graphql ${options}`,
      ).send;
      return JSON.parse(
        JSON.stringify({ bodyKind, body, form, parts, bodyFile, contentType, variables }),
      ) as object;
    };
    const json = "-H 'Content-Type: application/json'";
    assert.deepEqual(body(''), { bodyKind: 'none' });
    assert.deepEqual(body(`${json} -d '{"query":"{a}"}'`), {
      bodyKind: 'graphql',
      body: '{a}',
      variables: '',
    });
    assert.deepEqual(body(`${json} -d '{"query":"{a}","operationName":"b"}'`), {
      bodyKind: 'json',
      body: '{"query":"{a}","operationName":"b"}',
    });
    assert.deepEqual(body("-H 'Content-Type: application/soap+xml' -d '<a/>'"), {
      bodyKind: 'xml',
      body: '<a/>',
      contentType: 'application/x-www-form-urlencoded',
    });
    assert.deepEqual(body('-d @a.bin'), {
      bodyKind: 'file',
      bodyFile: 'a.bin',
      contentType: 'application/x-www-form-urlencoded',
    });
    assert.deepEqual(body("-F a=b -F 'c=@d/e.pdf' -F 'f=<g.txt'"), {
      bodyKind: 'multipart',
      parts: [
        { kind: 'field', name: 'a', value: 'b', type: 'str', filename: '', contentType: '' },
        {
          kind: 'path',
          name: 'c',
          value: 'd/e.pdf',
          type: 'str',
          filename: 'e.pdf',
          contentType: 'application/pdf',
        },
        { kind: 'path', name: 'f', value: 'g.txt', type: 'str', filename: '', contentType: '' },
      ],
    });
    assert.deepEqual(body('-d a=b'), { bodyKind: 'form', form: [{ name: 'a', value: 'b', type: 'str' }] });
  });

  it('writes templates that give the very text', () => {
    const text = fc
      .array(
        fc.constantFrom('{{', '}}', '{', '}', '<%', '%>', '%', '=', '\n', ' ', '#a', '/a', '!', '"', 'a'),
        {
          maxLength: 14,
        },
      )
      .map((pieces) => pieces.join(''));
    for (const place of ['text', 'json', 'url'] as const) {
      fc.assert(
        fc.property(text, (value) => {
          const template = new Template(literal(value, 'a', new Notes()), place);
          assert.equal(template.render({ message: { a: 1 } }), value);
        }),
        { numRuns: 2000 },
      );
    }
    assert.deepEqual(codes("curl x -H 'A: {{b}}'"), ['templateEscaped']);
  });

  const noted: [command: string, ...codes: string[]][] = [
    ['curl x --no-such', 'unknownOption'],
    ['curl x --resolve a:1:b', 'unsupportedOption'],
    ['curl x -H "A: $B"', 'variable'],
    ['curl x -H "A: ${B}"', 'variable', 'environment'],
    ["curl x -H 'A: ${B}'", 'environment'],
    ['curl x -H "A: $(date)"', 'substitution'],
    ["curl x -H 'A: <your key>'", 'placeholder'],
    ['curl x | jq', 'otherCommand'],
    ['curl x > y', 'redirection'],
    ['curl http://x?a=1&b=2', 'ampersand'],
    ['curl x\n-s', 'continuation'],
    ['curl x/[1-3]', 'glob'],
    ['curl -g x/[1-3]'],
    ['curl x y', 'moreUrls'],
    ['curl x --next y', 'next'],
    ["curl x -H 'a b: c'", 'headerIgnored'],
    ["curl x -H 'nothing'", 'headerIgnored'],
    ["curl x -H 'Accept:'", 'headerRemoved'],
    ["curl x -H 'Expect:'"],
    ["curl x -H 'Transfer-Encoding: chunked'", 'headerManaged'],
    ["curl x -u a:b -H 'Authorization: Bearer c'", 'credentialsTwice'],
    ['curl x -u a', 'passwordMissing'],
    ['curl x -k', 'insecure'],
    ['curl x --cert a.pem:secret --key b.pem', 'certificate'],
    ['curl x -x proxy:8080', 'proxy'],
    ['curl x -o a.json', 'outputFile'],
    ['curl x -o /dev/null'],
    ['curl "x/a b"', 'spelling'],
    [`curl x -d '{"a":1}'`, 'jsonAsForm'],
    [`curl x --json '{a}'`, 'jsonInvalid'],
    ["curl x -d $'a=\\xff'", 'notUtf8', 'formEncoded'],
    ['curl x -d a=1 -d @b', 'fileMissing'],
    ['curl x -d @-', 'stdin'],
    ["curl x -F 'a=@b,c'", 'fileList', 'localFile', 'localFile'],
    ['curl x -sSvifgNJ4 --compressed --http2 --tlsv1.2 -w a -D b --no-keepalive --fail-with-body --stderr c'],
  ];
  for (const [command, ...expected] of noted) {
    it(`says ${expected.join(', ') || 'nothing'}: ${command.replaceAll('\n', '⏎')}`, () => {
      assert.deepEqual(codes(command), expected);
    });
  }

  it('has the answer written to the file of -o and -O', () => {
    assert.equal(of('curl x -o a.json').send.responseFile, 'a.json');
    assert.deepEqual(of('curl -O x/b/c.zip?d').send.responseFile, 'c.zip');
  });

  it('takes short names together, beginnings of long ones and values after =', () => {
    const { send, connection } = of('curl -sSLXPUT -Hx:y --ur http://h --data=a=b --max-time=3');
    assert.equal(send.method, 'PUT');
    assert.deepEqual(send.headers, [{ name: 'x', value: 'y', type: 'str' }]);
    assert.equal(connection.baseUrl, 'http://h');
    assert.equal(connection.totalTimeout, 3);
    assert.equal(send.bodyKind, 'form');
  });

  it('keeps two slashes at the start of a path', () => {
    assert.equal(of('curl http://h//a').send.url, 'http://h//a');
  });

  it('says of the proxy what the command says', () => {
    const { proxy } = parseCurl('curl x -x http://a:b@proxy:80 -U c:d').connection;
    assert.deepEqual(proxy, { url: 'http://proxy:80', username: 'c', password: 'd' });
    const { notes } = of('curl x -x http://a:secret@proxy:80');
    assert.deepEqual(notes, [{ code: 'proxy', values: { proxy: 'http://proxy:80' } }]);
  });

  it('has notes with names of their own', () => assert.equal(new Set(noteCodes).size, noteCodes.length));
});
