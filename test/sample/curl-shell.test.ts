/** The words of a command, in every way to quote them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { readCommand } from '../../src/sample/curl/shell';
import { CurlError, Notes } from '../../src/sample/curl/types';

type Quote = (word: string) => string;

const single: Quote = (word) => `'${word.replaceAll("'", `'\\''`)}'`;
const double: Quote = (word) => `"${word.replace(/[$`"\\]/g, '\\$&')}"`;
const slashes: Quote = (word) => word.replace(/[^\w\n]/g, '\\$&').replaceAll('\n', `'\n'`) || "''";
const ansi: Quote = (word) =>
  `$'${word
    .replace(/[\\']/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replace(/[^ -~]/gu, (found) =>
      [...Buffer.from(found)].map((byte) => `\\x${byte.toString(16)}`).join(''),
    )}'`;
const codePoints: Quote = (word) =>
  `$'${word.replace(/[^\w]/gu, (found) => `\\U${found.codePointAt(0)!.toString(16).padStart(8, '0')}`)}'`;
/** In pieces, each quoted otherwise. */
const mixed: Quote = (word) => {
  const characters = [...word];
  const third = Math.ceil(characters.length / 3);
  const piece = (at: number) => characters.slice(at * third, (at + 1) * third).join('');
  return single(piece(0)) + double(piece(1)) + ansi(piece(2));
};
/** As the C runtime reads them. */
const programWord: Quote = (word) => `"${word.replace(/(\\*)(?="|$)/g, '$1$1').replaceAll('"', '\\"')}"`;
const prompt: Quote = (word) =>
  programWord(word)
    .replace(/[^\w\n]/gu, '^$&')
    .replaceAll('\n', '^\n\n');
const powerSingle: Quote = (word) => `'${word.replaceAll("'", "''")}'`;
const powerDouble: Quote = (word) => `"${word.replace(/[`"$]/g, '`$&').replaceAll('\n', '`n')}"`;

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
const words = fc.array(fc.oneof(text, tricky), { maxLength: 6 });

function wordsOf(command: string): string[] {
  return readCommand(command, new Notes()).words;
}

/** What bash makes of each text; undefined for one that it refuses. */
async function bashWords(sources: readonly string[]): Promise<(string[] | undefined)[]> {
  const script = sources
    .map((text, at) => `text${at}=${single(`w ${text} end`)}\n(eval "$text${at}") 2>/dev/null\nprintf '\\f'`)
    .join('\n');
  const { stdout } = await promisify(execFile)('bash', ['-c', `w() { printf '%s\\0' "$@"; }\n${script}`], {
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
  });
  return stdout
    .split('\f')
    .slice(0, -1)
    .map((words) => (words === '' ? undefined : words.split('\0').slice(0, -1)));
}

describe('sample/curl words', function () {
  this.timeout(60_000);

  for (const [name, quote] of Object.entries({ single, double, slashes, ansi, codePoints, mixed })) {
    it(`are read back from a POSIX shell: ${name}`, () => {
      fc.assert(
        fc.property(words, (list) => {
          const command = ['curl', ...list.map(quote)].join(' \\\n  ');
          assert.deepEqual(wordsOf(`${command} \\\n -s`), [...list, '-s']);
        }),
        { numRuns: 500 },
      );
    });
  }

  it('are those of a real bash, whatever is quoted how', async () => {
    const pieces = [
      "'",
      '"',
      '\\',
      ' ',
      '\t',
      'a',
      'é',
      "$'",
      '$"',
      '\\\n',
      '\\n',
      '\\x41',
      "\\'",
      '-',
      '=',
      '/',
      '%',
    ];
    const source = fc
      .array(fc.constantFrom(...pieces), { maxLength: 14 })
      .map((list) => list.join('').replace(/\\+\n/g, '\\\n'));
    // a lone dollar would be replaced, a plain line break end the command; joined so that one process reads many
    await fc.assert(
      fc.asyncProperty(fc.array(source, { minLength: 20, maxLength: 20 }), async (sources) => {
        const real = await bashWords(sources);
        sources.forEach((text, at) => {
          let ours: string[] | undefined;
          try {
            ours = wordsOf(`curl ${text} end`);
          } catch (error) {
            assert.ok(error instanceof CurlError && error.code === 'unbalancedQuote');
          }
          assert.deepEqual(ours, real[at], JSON.stringify(text));
        });
      }),
      { numRuns: 15 },
    );
  });

  it('are read back from the Windows prompt', () => {
    fc.assert(
      fc.property(words, (list) => {
        const command = ['curl', ...list.map(prompt), '^"end^"'].join(' ^\r\n  ');
        assert.deepEqual(wordsOf(command.replace(/\^\n\n/g, '^\r\n\r\n')), [...list, 'end']);
      }),
      { numRuns: 500 },
    );
  });

  for (const [name, quote] of Object.entries({ powerSingle, powerDouble })) {
    it(`are read back from PowerShell: ${name}`, () => {
      // a word with nothing but escaped quotes is written for the older PowerShell
      const plain = words.filter((list) => list.every((word) => !word.includes('\\"')));
      fc.assert(
        fc.property(plain, (list) => {
          const command = ['PS C:\\> curl.exe', ...list.map(quote), '-s'].join(' `\r\n  ');
          const safe = list.every((word) => !/\\[ \t]*(?:\n|$)/.test(quote(word)));
          fc.pre(safe);
          assert.deepEqual(wordsOf(command), [...list, '-s']);
        }),
        { numRuns: 500 },
      );
    });
  }

  const cases: [what: string, command: string, expected: string[]][] = [
    ['a pipe and what follows', 'curl -s a | jq .', ['-s', 'a']],
    ['prompt, assignment and sudo', '$ A=1 sudo /usr/bin/curl x', ['x']],
    ['comments', '# first\ncurl x # last\n', ['x']],
    ['a # inside a word', 'curl x#y', ['x#y']],
    ['redirections', 'curl x 2>/dev/null > out.json', ['x']],
    ['blanks after a backslash', 'curl \\  \n x \\ \n-s', ['x', '-s']],
    ['a lost backslash', "curl x\n  -H 'a: b'\n  -s", ['x', '-H', 'a: b', '-s']],
    ['an & without quotes', 'curl http://h/?a=1&b=2', ['http://h/?a=1&b=2']],
    ['a command in the background', 'curl x & echo y', ['x']],
    ['variables', 'curl "$A/${B}" $C', ['$A/${B}', '$C']],
    ['a command in a command', 'curl "$(cat a b)" `date`', ['$(cat a b)', '`date`']],
    ['a placeholder without quotes', 'curl -H X:<my token> y', ['-H', 'X:<my token>', 'y']],
    ['ANSI escapes', String.raw`curl $'a\tb\x41\101\u00e9\'\\\cA'`, ["a\tbAAé'\\\x01"]],
    ['a NUL, which ends a word', String.raw`curl $'a\0b'c`, ['ac']],
    ['after another command', 'export A=b\ncd x && curl y', ['y']],
    ['the prompt, quotes in quotes', 'curl ^"a^" "b ""c"" d" "e\\\\" f', ['a', 'b "c" d', 'e\\', 'f']],
  ];
  for (const [what, command, expected] of cases) {
    it(`are right with ${what}`, () => assert.deepEqual(wordsOf(command), expected));
  }

  it('end a here-document at its mark', () => {
    const command = 'curl -d @- x <<-\'EOF\'\n\t{"a": "$b"}\n\tEOF\necho done';
    assert.equal(readCommand(command, new Notes()).stdin, '{"a": "$b"}\n');
    assert.equal(readCommand('curl -d @- x <<< "a b"', new Notes()).stdin, 'a b\n');
  });
});
