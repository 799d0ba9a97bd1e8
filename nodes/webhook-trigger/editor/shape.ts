/** What the dialog edits: the saved configuration, and the sample that only the editor uses. */
import type { Shape } from '../../editor/dialog';
import { configVersion, defaults as saved, type WebhookTriggerConfig } from '../config';
import { migrations } from '../migrations';

export interface EditedConfig extends WebhookTriggerConfig {
  /** A message as the node sends it, as JSON; '' when none is kept. */
  outputSample: string;
}

export type Property = keyof Omit<EditedConfig, 'id' | 'type' | 'z'>;

/** What a field holds now. */
export type ValueOf = (property: Property) => unknown;

export const defaults: Omit<EditedConfig, 'id' | 'type' | 'z'> = { outputSample: '', ...saved };

export const shape: Shape<EditedConfig> = {
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
