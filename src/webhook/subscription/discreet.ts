import { redactor } from '../../connection/redact';
import type { Sender } from '../../exchange/exchange';
import { redactFailure } from '../../exchange/failure';
import { asText } from '../../exchange/values';
import type { Secrets } from './plan';

/**
 * A sender whose errors hold none of the node's secrets, as they hold none of the connection's: a URL may have one in it,
 * and a service may quote what it was sent.
 */
export function discreet(sender: Sender, secrets: Secrets | undefined): Sender {
  const own = redactor(Object.values(secrets ?? {}).map(asText));
  const redact = (text: string) => own(sender.redact(text));
  return {
    redact,
    async send(request, options) {
      try {
        const response = await sender.send(request, options);
        return { ...response, url: redact(response.url) };
      } catch (error) {
        throw redactFailure(error, redact);
      }
    },
  };
}
