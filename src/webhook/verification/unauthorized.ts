import { Failure } from '../../exchange/failure';
import { Refusal } from '../refusal';

/**
 * What a sender reads that could not prove itself: the same for every reason, so that nobody learns here how to come
 * nearer.
 *
 * @param detail the reason, for the log
 */
export function unauthorized(detail: string): Refusal {
  return new Refusal('UNAUTHORIZED', 'the delivery could not be verified', undefined, detail);
}

/** What every sender reads while nothing can be verified. */
export function notSetUp(problem: Failure): Refusal {
  return new Refusal(
    'CONFIG',
    'this webhook is not set up yet: it refuses every delivery',
    undefined,
    problem.message,
  );
}

/** A problem that makes a verifier refuse every delivery. */
export function refusesAll(reason: string): Failure {
  return new Failure('CONFIG', `${reason}: every delivery is refused`);
}
