import { apiExamples } from './curl-api-commands';

/**
 * What is sent otherwise than curl does, and why that is meant:
 * - `encoded`: form fields in the standard's encoding instead of as typed
 * - `order`: a key of the query is added by the connection, so it comes last
 * - `blanks`: GraphQL is written anew
 * - `signed`: the signature has its own time and its own choice of headers
 * - `typed`: a body without a content type gets one
 * - `case`: some releases of curl write percent-encodings in lower case
 * - `escaped`: characters that have no place in a URL are percent-encoded
 */
export type Difference = 'encoded' | 'order' | 'blanks' | 'signed' | 'typed' | 'case' | 'escaped';

export interface Example {
  name: string;
  command: string;
  /** The same for bash, where the command is for another shell. */
  bash?: string;
  differs?: Difference;
  /** Codes of the notes that come with it. */
  notes?: string[];
}

/** As browsers and tools copy them, and what options there are. Every token in them is invented. */
const toolExamples: readonly Example[] = [
  {
    name: 'Chrome: copy as cURL (bash)',
    command: String.raw`curl 'https://www.shop.example/api/cart?_=1700000000000' \
  -H 'accept: application/json, text/plain, */*' \
  -H 'accept-language: de-DE,de;q=0.9,en;q=0.8' \
  -H 'content-type: application/json' \
  -H 'cookie: session=invented; theme="dark mode"' \
  -H 'origin: https://www.shop.example' \
  -H 'priority: u=1, i' \
  -H 'referer: https://www.shop.example/cart' \
  -H 'sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"' \
  -H 'sec-ch-ua-mobile: ?0' \
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36' \
  --data-raw $'{"text":"It\'s \u0021 new\\nline"}' \
  --compressed`,
    notes: ['sessionCookies'],
  },
  {
    name: 'Chrome: copy as cURL (cmd)',
    command: String.raw`curl ^"https://www.shop.example/api/cart?a=1^&b=50^%^25^" ^
  -H ^"accept: */*^" ^
  -H ^"content-type: application/json^" ^
  -H ^"sec-ch-ua: ^\^"Chromium^\^";v=^\^"130^\^"^" ^
  --data-raw ^"^{^\^"text^\^":^\^"a ^| b ^< c \\^\^"q\\^\^"^\^"^}^" ^
  --compressed`,
    bash: String.raw`curl 'https://www.shop.example/api/cart?a=1&b=50%25' -H 'accept: */*' -H 'content-type: application/json' -H 'sec-ch-ua: "Chromium";v="130"' --data-raw '{"text":"a | b < c \"q\""}' --compressed`,
  },
  {
    name: 'an older Chrome, for cmd',
    command: `curl "https://www.shop.example/api/save" -H "content-type: application/json" ^\r\n  --data-binary "{""name"":""O'Neill""}" --compressed`,
    bash: `curl "https://www.shop.example/api/save" -H "content-type: application/json" --data-binary '{"name":"O'"'"'Neill"}' --compressed`,
  },
  {
    name: 'Firefox: copy as cURL',
    command: String.raw`curl 'https://www.shop.example/search?q=a%20b' --compressed -X POST -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' -H 'Accept: */*' -H 'Accept-Encoding: gzip, deflate, br' -H 'Referer: https://www.shop.example/' -H 'Content-Type: application/x-www-form-urlencoded; charset=UTF-8' -H 'Connection: keep-alive' -H 'Cookie: a=b' -H 'TE: trailers' --data-raw 'one=1&two=zwei+drei&three=%C3%A9'`,
    notes: ['sessionCookies'],
  },
  {
    name: 'Postman: multipart',
    command: String.raw`curl --location --request POST 'https://postman.example/post' \
--header 'Cookie: sails.sid=invented' \
--form 'name="Ann; and Bob"' \
--form 'data="{\"a\": 1}";type=application/json' \
--form 'picture=@"photo.png"'`,
    notes: ['sessionCookies', 'localFile'],
  },
  {
    name: 'Postman: a form',
    command: String.raw`curl --location 'https://postman.example/token' \
--header 'Content-Type: application/x-www-form-urlencoded' \
--data-urlencode 'grant_type=client_credentials' \
--data-urlencode 'client_id=invented' \
--data-urlencode 'client_secret=in vented*'`,
    differs: 'encoded',
    notes: ['formEncoded', 'secretInBody'],
  },
  {
    name: 'PowerShell',
    command:
      "curl.exe -X POST 'https://ps.example/a' `\r\n  -H \"X-Note: it`'s `$5\" `\r\n  -H 'Content-Type: application/json' -d '{\\\"a\\\": \\\"b''c\\\"}'",
    bash: `curl -X POST 'https://ps.example/a' -H "X-Note: it's \\$5" -H 'Content-Type: application/json' -d "{\\"a\\": \\"b'c\\"}"`,
  },
  {
    name: '--json in pieces, with a query',
    command: `curl --json '{"drink":' --json ' "coffee"}' --url-query 'a=b c' --url-query '+d=e' https://json.example/x?z=1`,
  },
  {
    name: 'HEAD, a range and a referer',
    command: `curl -sSLI -r 0-99 -e 'https://example.com/from;auto' -A 'agent/1.0' https://files.example/big.iso`,
  },
  {
    name: 'digest, before the challenge',
    command: `curl --digest -u "user:pass word" https://digest.example/protected`,
  },
  {
    name: 'credentials in the URL',
    command: `curl https://user%40example.com:p%3Ass@basic.example/`,
  },
  {
    name: 'headers: empty, doubled, removed',
    command: `curl -H 'X-Empty;' -H 'X-Two: a' -H 'X-Two: b' -H 'Expect:' -H 'X-Colon:  a:b ' https://headers.example/`,
  },
  {
    name: 'DELETE with cookies from an option',
    command: `curl -X DELETE -b 'a=1; b=2' --cookie "c=3" https://cookies.example/item/7`,
    notes: ['sessionCookies'],
  },
  {
    name: 'an empty POST',
    command: `curl -d '' https://empty.example/trigger`,
  },
  {
    name: 'XML',
    command: String.raw`curl -H 'Content-Type: text/xml; charset=utf-8' -H 'SOAPAction: "urn:Do"' -d '<?xml version="1.0"?><a b="c">{{x}} &amp;</a>' https://soap.example/`,
    notes: [],
  },
  {
    name: 'a file as JSON',
    command: `curl -X POST -H 'Content-Type: application/json' -d @data.json https://upload.example/`,
    notes: ['localFile', 'fileLines'],
  },
  {
    name: 'an upload without a content type',
    command: `curl -T photo.png https://upload.example/files/`,
    differs: 'typed',
    notes: ['localFile'],
  },
  {
    name: 'the first of a pattern, quotes in a URL',
    command: `curl "https://glob.example/{one,two}/[1-3]?q='x'"`,
    differs: 'escaped',
    notes: ['glob', 'spelling'],
  },
];

export const examples = [...apiExamples, ...toolExamples];
