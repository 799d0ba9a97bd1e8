/** What the import of a cURL command gives. */

export type Pair = readonly [name: string, value: string];

/** Why a text is not taken. `{ value }` is what it is about. */
export type CurlErrorCode =
  /** `limit` in characters. */
  | 'tooLong'
  /** There is no command `curl` in it. */
  | 'notCurl'
  /** `quote` is opened and not closed. */
  | 'unbalancedQuote'
  | 'noUrl'
  /** `url` cannot be read. */
  | 'badUrl'
  /** Not http or https: `scheme`. */
  | 'unsupportedScheme'
  /** The last `option` needs a value. */
  | 'missingValue'
  /** `value` of `option` is not a number. */
  | 'badNumber'
  /** Two options that make different bodies: curl refuses them, too. */
  | 'twoBodies';

/** The text is not a command that can be imported. */
export class CurlError extends Error {
  readonly code: CurlErrorCode;
  /** What the dialog puts into the sentence. */
  readonly values: Readonly<Record<string, string>>;

  constructor(code: CurlErrorCode, values: Record<string, string> = {}) {
    super(`the cURL command cannot be imported: ${code}`);
    this.name = 'CurlError';
    this.code = code;
    this.values = values;
  }
}

/** Something that could not be carried over, or that is to be looked at. In brackets the names of the values. */
export const noteCodes = [
  /** curl has no such option, or a newer one than we know [option] */
  'unknownOption',
  /** curl has it, the import has no place for it [option] */
  'unsupportedOption',
  /** a file that must be where Node-RED runs [file] */
  'localFile',
  /** curl takes the line breaks out of the file, here it is sent as it is [file] */
  'fileLines',
  /** curl sends what the file holds as a plain field, here it is sent as a file [file] */
  'fileField',
  /** curl nests several files of one field, here each is a part of its own [name] */
  'fileList',
  /** what a file holds is missing from the request [option, file] */
  'fileMissing',
  /** what another command was to give is missing [option] */
  'stdin',
  /** a variable of the shell, left as text [name] */
  'variable',
  /** a command inside the command, left as text [text] */
  'substitution',
  /** `<token>`: to be replaced [text] */
  'placeholder',
  /** another command before or after curl [text] */
  'otherCommand',
  /** `> file` [target] */
  'redirection',
  /** an `&` of the URL without quotes, taken as part of it */
  'ampersand',
  /** the command goes on in a line that the shell would take as another command */
  'continuation',
  /** one of the requests that a pattern in the URL means [url] */
  'glob',
  /** curl would fetch this one, too [url] */
  'moreUrls',
  /** what follows `--next` */
  'next',
  /** curl or a server would not take it as a header [header] */
  'headerIgnored',
  /** it is sent by default, and the command takes it away [name] */
  'headerRemoved',
  /** made from the body and the connection, not set [name] */
  'headerManaged',
  /** credentials were given more than once; those of the header count */
  'credentialsTwice',
  /** curl would ask for it [user] */
  'passwordMissing',
  /** it looks like a secret, but has no place among the credentials [name] */
  'secretInRequest',
  /** a part of the path looks like a secret */
  'secretInUrl',
  /** a field of the body looks like a secret [name] */
  'secretInBody',
  /** cookies of a session, which ends */
  'sessionCookies',
  /** TLS certificates are not checked */
  'insecure',
  /** client certificate, key or authority [files] */
  'certificate',
  /** [proxy] */
  'proxy',
  /** the answer goes to a file [file] */
  'outputFile',
  /** the URL is sent in another spelling [target] */
  'spelling',
  /** sent as a form although it is JSON */
  'jsonAsForm',
  /** declared as JSON, but it is none */
  'jsonInvalid',
  /** the same fields, encoded as the standard has it */
  'formEncoded',
  /** the same GraphQL, written anew */
  'graphql',
  /** bytes that are no UTF-8 text were replaced */
  'notUtf8',
  /** `{{` stands for itself [field] */
  'templateEscaped',
  /** Node-RED puts an environment variable in its place [name] */
  'environment',
] as const;
export type CurlNoteCode = (typeof noteCodes)[number];

export interface CurlNote {
  code: CurlNoteCode;
  values: Readonly<Record<string, string>>;
}

/** Collects notes, each once and not without end. */
export class Notes {
  readonly all: CurlNote[] = [];
  readonly #seen = new Set<string>();

  add(code: CurlNoteCode, values: Record<string, string> = {}): void {
    if (this.all.length >= mostNotes) return;
    const short = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, shorten(text)]));
    const key = `${code} ${JSON.stringify(short)}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.all.push({ code, values: short });
  }
}

const mostNotes = 100;

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

export type CurlAuth =
  | { kind: 'none' }
  | { kind: 'basic' | 'digest' | 'ntlm'; username: string; password: string }
  | { kind: 'bearer'; token: string }
  | {
      kind: 'aws';
      accessKeyId: string;
      secretAccessKey: string;
      sessionToken: string;
      /** '' for what the host name says. */
      region: string;
      service: string;
    };

/** An API key, a token, the cookies of a session: it belongs to the connection's credentials. */
export interface CurlSecret {
  in: 'header' | 'query';
  name: string;
  value: string;
}

/** Whom the command talks to, with every secret. Times in seconds; undefined is what the command does not say. */
export interface CurlConnection {
  /** Scheme, host and port. */
  baseUrl: string;
  auth: CurlAuth;
  secrets: CurlSecret[];
  /** `-L`. curl follows none without it. */
  followRedirects: boolean;
  /** -1 for no limit. */
  maxRedirects?: number;
  /** `-k` */
  insecure: boolean;
  /** Paths of PEM files. */
  tls: { cert?: string; key?: string; ca?: string; passphrase?: string };
  proxy?: { url: string; username?: string; password?: string };
  connectTimeout?: number;
  totalTimeout?: number;
  retries?: number;
  /** `-c`: the cookies of answers are kept. */
  cookies: boolean;
}

/** A part of a multipart body. */
export type CurlPart =
  | { kind: 'field'; name: string; value: string; contentType: string }
  /** `filename` is undefined where the file's content is sent as a plain field. */
  | { kind: 'file'; name: string; path: string; filename: string | undefined; contentType: string };

export type CurlBody =
  | { kind: 'none' }
  /** The text parses as JSON and is sent as it is. */
  | { kind: 'json'; text: string }
  /** Of the exact content type, unless the headers have one. */
  | { kind: 'text'; text: string; contentType: string }
  /** Decoded; `exact` when encoding them gives the very text of the command. */
  | { kind: 'form'; fields: Pair[]; exact: boolean }
  | { kind: 'multipart'; parts: CurlPart[] }
  /** `lines` when curl takes the line breaks out (`-d @file`). */
  | { kind: 'file'; path: string; contentType: string; lines: boolean }
  /** The variables as JSON text, '' for none. */
  | { kind: 'graphql'; query: string; variables: string };

/** What is asked. Everything literal: `{{` stands for itself. */
export interface CurlHttpRequest {
  method: string;
  /** Path and what cannot be taken apart of the query; absolute only where a path could not be joined to the origin. */
  url: string;
  /** Decoded; encoding each with `encodeURIComponent` and joining them gives the very query of the command. */
  query: Pair[];
  /** In order and in the case as typed, without those that hold secrets. */
  headers: Pair[];
  body: CurlBody;
}

export interface CurlRequest {
  connection: CurlConnection;
  request: CurlHttpRequest;
  /** `-o`: the file that the answer goes to. */
  output?: string;
  notes: CurlNote[];
}
