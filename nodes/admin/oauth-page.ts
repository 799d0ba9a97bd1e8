import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** What the editor hears when a login has ended, by `postMessage` and on the broadcast channel of this name. */
export const loginChannel = 'http-connection-login';

export interface LoginResult {
  type: typeof loginChannel;
  /** The connection; none when the login is not known. */
  connection?: string;
  ok: boolean;
  /** For the user; never a secret. */
  message: string;
}

/**
 * The page that a login ends on: it tells the editor and, when all went well, closes itself. A provider may have cut the
 * tie between the two windows (Cross-Origin-Opener-Policy), so it is told on both ways.
 */
export function sendLoginPage(response: ServerResponse, status: number, result: LoginResult): void {
  const nonce = randomBytes(16).toString('base64');
  // `<` so that no text can end the script, the separators because scripts once took them for line ends
  const data = JSON.stringify(result).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${result.ok ? 'Connected' : 'Not connected'}</title>
<style nonce="${nonce}">body { font: 16px/1.5 sans-serif; margin: 4em auto; max-width: 40em; padding: 0 1em; }</style>
</head>
<body>
<h1>${result.ok ? 'Connected' : 'Not connected'}</h1>
<p>${escapeHtml(result.message)}</p>
<p>You can close this window and go on in the editor.</p>
<script nonce="${nonce}">
const result = ${data};
if (window.opener) window.opener.postMessage(result, window.location.origin);
const channel = new BroadcastChannel(${JSON.stringify(loginChannel)});
channel.postMessage(result);
channel.close();
window.history.replaceState(null, '', window.location.pathname);
if (result.ok) window.close();
</script>
</body>
</html>
`);
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
