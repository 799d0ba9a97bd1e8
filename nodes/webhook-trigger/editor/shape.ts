/** What the dialog edits. */
import type { Shape } from '../../editor/dialog';
import { configVersion, defaults, type WebhookTriggerConfig } from '../config';
import { migrations } from '../migrations';

export type Property = keyof Omit<WebhookTriggerConfig, 'id' | 'type' | 'z'>;

/** What a field holds now. */
export type ValueOf = (property: Property) => unknown;

export const shape: Shape<WebhookTriggerConfig> = {
  configVersion,
  defaults,
  migrations,
  numbers: [
    'maxSize',
    'repeatWindow',
    'concurrency',
    'doneTimeout',
    'maxAttempts',
    'retryDelay',
    'retryMaxDelay',
    'inboxCount',
    'inboxSize',
    'rateLimit',
    'rateBurst',
    'bodyTimeout',
    'answerStatus',
    'answerTimeout',
    'fallbackStatus',
  ],
};
