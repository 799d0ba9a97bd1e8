/** Texts that are no command, and such as are meant to do harm. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CurlError as PublicError, parseCurl } from '../../src/sample/curl';
import { CurlError } from '../../src/sample/curl/types';

const single = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
const text = fc
  .string({ unit: 'binary', maxLength: 30 })
  .map((value) => value.toWellFormed().replace(/[\0\r]/g, ''));
const tricky = fc
  .array(
    fc.constantFrom(
      "'",
      '"',
      '\\',
      '$',
      '`',
      '^',
      '%',
      '!',
      '&',
      '|',
      ' ',
      '\n',
      '{',
      '#',
      ';',
      '<',
      'é',
      '🥬',
      'a',
    ),
    {
      maxLength: 20,
    },
  )
  .map((parts) => parts.join(''));

describe('sample/curl commands', function () {
  this.timeout(60_000);

  const wrong: [command: string, code: string][] = [
    ['', 'notCurl'],
    ['wget https://x.example', 'notCurl'],
    ['curl', 'noUrl'],
    ['curl -s', 'noUrl'],
    ["curl 'x", 'unbalancedQuote'],
    ['curl "x', 'unbalancedQuote'],
    ["curl $'x", 'unbalancedQuote'],
    ['curl $(x', 'unbalancedQuote'],
    ['curl `x', 'unbalancedQuote'],
    ['curl ^"x', 'unbalancedQuote'],
    ['PS C:\\> curl.exe "x', 'unbalancedQuote'],
    ['curl ftp://x.example', 'unsupportedScheme'],
    ['curl file:///etc/passwd', 'unsupportedScheme'],
    ['curl "http://user:secret@a b/"', 'badUrl'],
    ['curl x -H', 'missingValue'],
    ['curl x -m soon', 'badNumber'],
    ['curl x -d a -F b=c', 'twoBodies'],
    ['curl x -I -d a', 'twoBodies'],
    [`curl x ${'y'.repeat(1024 * 1024)}`, 'tooLong'],
  ];
  for (const [command, code] of wrong) {
    it(`are refused: ${command.slice(0, 40)} (${code})`, () => {
      assert.throws(
        () => parseCurl(command),
        (error: unknown) => {
          assert.ok(error instanceof CurlError && error instanceof PublicError);
          assert.equal(error.code, code);
          assert.ok(!JSON.stringify([error.message, error.values]).includes('secret'));
          return true;
        },
      );
    });
  }

  it('throw nothing but a CurlError, whatever they are', () => {
    const piece = fc.oneof(
      tricky,
      text,
      fc.constantFrom(
        ...[
          '-H',
          '-d',
          '-F',
          '-u',
          '-G',
          '--json',
          '-T',
          '--data-urlencode',
          '-b',
          '-x',
          '--url',
          '-:',
          '--next',
          '-E',
        ],
        ...[
          'a=@f;type=x',
          'http://u:p@h/{a,b}[1-3]?q=1#f',
          '@-',
          '<<EOF',
          '<<<',
          '^\n',
          '`\n',
          '\\\n',
          'X;',
          '=',
          '--aws-sigv4',
        ],
        ...[
          '--no-location',
          '--max-redirs',
          '{"query":"{a}"}',
          'h/graphql',
          'Content-Type: application/json',
          '%zz',
          '%ff=1',
        ],
        ...[
          'Authorization: Basic !',
          'Authorization: Basic /w==',
          'https://[::1]:8/',
          'https://[',
          '--proxy',
          "$'\\xff'",
          '{{',
          '${A}',
        ],
      ),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 14 }),
        fc.constantFrom(' ', ' \\\n', ' ^\n', ' `\n'),
        (pieces, joint) => {
          for (const command of [
            pieces.join(' '),
            ['curl', ...pieces].join(joint),
            ['curl', ...pieces.map(single)].join(joint),
          ]) {
            try {
              parseCurl(command);
            } catch (error) {
              if (!(error instanceof CurlError)) throw error;
            }
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('end in bounded time, whatever is repeated', () => {
    const size = 100 * 1024;
    const repeated = [
      '"',
      "'",
      '\\',
      '^',
      '`',
      '$',
      '${',
      '$(',
      '(',
      '{',
      '{a,',
      '[1-',
      '<',
      '<<',
      '<<a\n',
      '\n',
      ' ',
      '\t\\',
    ];
    repeated.push(
      'a ',
      '&',
      ';',
      '|',
      '%',
      '@',
      'a=',
      '=&',
      ',',
      ';type=',
      '\\"',
      '""',
      "''",
      '^"',
      '^\n',
      '`\n',
      ' -',
      '\\\n',
      '<a',
      '//',
      '?',
    );
    for (const piece of repeated) {
      for (const start of [
        'curl ',
        'curl "',
        "curl '",
        "curl $'",
        'curl x -F a=@',
        'curl x -F a="',
        'curl -g http://x/',
        'curl ^"x^" ',
        'curl `\n"',
        'curl x -d ',
      ]) {
        for (const end of ['', start.includes("'") ? "'" : '"']) {
          const command = start + piece.repeat((size - start.length) / piece.length) + end;
          const began = performance.now();
          try {
            parseCurl(command);
          } catch (error) {
            assert.ok(error instanceof CurlError, `${start}${piece}: ${String(error)}`);
          }
          const took = performance.now() - began;
          assert.ok(took < 1000, `${JSON.stringify(start + piece + piece)}…${end} took ${took} ms`);
        }
      }
    }
  }).timeout(300_000);
});
