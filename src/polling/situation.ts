/** Whether what is known from before is of use with the settings of now. Pure. */
import { Failure } from '../exchange/failure';
import type { Watch } from './changes';
import type { FirstRun } from './judge';
import { keyRuleText, type KeyRule } from './keys';
import type { Checkpoint } from './knowledge';

/**
 * What happens when the settings that say which records these are have changed:
 *
 * - `baseline`: what is there counts as known, whatever the first run's rule
 * - `first run`: as if it were the first, by its rule
 * - `keep`: what is known holds for the new settings too
 * - `ask`: no poll until it was said (`reset` or `keep`)
 *
 * Another key makes what is known useless: then `keep` is `baseline`.
 */
export type OnChange = 'baseline' | 'first run' | 'keep' | 'ask';

export interface Situation {
  kind: 'same' | 'first' | 'changed';
  /** What is known; undefined when a first run's rule applies. */
  before: Checkpoint | undefined;
  /** The rule of that first run. */
  firstRun: FirstRun | undefined;
  /** The ids in the store are of no use. */
  anew: boolean;
  /** What is kept of a record has another meaning: updates are taken over in silence. */
  silentUpdates: boolean;
  /** The checkpoint is of these very settings. */
  isCurrent: boolean;
  /** Of the checkpoint in the store, 0 without one. */
  version: number;
  sequence: number;
  key: string;
  watch: string;
}

interface Settings {
  fingerprint: string;
  key: KeyRule;
  watch: Watch;
  firstRun?: FirstRun;
  onChange?: OnChange;
}

/** @throws Failure CONFIG when it has to be asked */
export function situationOf(
  checkpoint: Checkpoint | undefined,
  version: number,
  settings: Settings,
  mayAsk = true,
): Situation {
  const { fingerprint, watch, firstRun, onChange = 'baseline' } = settings;
  const key = keyRuleText(settings.key);
  const situation: Situation = {
    kind: 'same',
    before: checkpoint,
    firstRun: undefined,
    anew: false,
    silentUpdates: false,
    isCurrent: true,
    version,
    sequence: checkpoint?.sequence ?? 0,
    key,
    watch: watch.text,
  };
  // `anew` also where there is no checkpoint: ids may be left of a state that was damaged
  if (!checkpoint) return { ...situation, kind: 'first', firstRun, anew: true };

  const isSameSource = checkpoint.fingerprint === fingerprint;
  if (!isSameSource && onChange === 'ask' && mayAsk) {
    throw new Failure(
      'CONFIG',
      'the settings name other records than before: reset (begin anew) or keep what is known',
      { retryable: false },
    );
  }
  const isOtherKey = checkpoint.key !== key;
  if (isOtherKey || (!isSameSource && onChange !== 'keep' && onChange !== 'ask')) {
    const rule: FirstRun | undefined = onChange === 'first run' ? firstRun : { from: 'now' };
    return { ...situation, kind: 'changed', before: undefined, firstRun: rule, anew: true };
  }
  const isSameWatch = checkpoint.watch === watch.text;
  if (isSameSource && isSameWatch) return situation;
  return {
    ...situation,
    before: { ...checkpoint, validators: undefined },
    silentUpdates: !isSameWatch,
    isCurrent: false,
  };
}
