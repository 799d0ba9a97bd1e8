/** Which step of a guide comes next. Pure: what is done is read from the fields each time, no step number is kept. */

export interface StepState {
  id: string;
  /** Whether the step is one of this node's, as it is set up now. */
  applies: boolean;
  done: boolean;
  /** Passed over by the user since the dialog was opened. */
  skipped: boolean;
}

/**
 * The first step that is left: behind `after`, and else from the beginning. `after` itself is never the answer.
 *
 * @returns undefined when nothing is left
 */
export function nextStep(steps: readonly StepState[], after?: string): string | undefined {
  const from = steps.findIndex(({ id }) => id === after) + 1;
  const round = [...steps.slice(from), ...steps.slice(0, Math.max(0, from - 1))];
  return round.find(({ applies, done, skipped }) => applies && !done && !skipped)?.id;
}
