import type { InboxLimits } from '../../src/webhook/inbox/event-inbox';
import type { RedeliveryPolicy } from '../../src/webhook/inbox/redelivery';
import { numberOf } from '../runtime/settings';
import type { WebhookTriggerConfig } from './config';

/** The numbers of the dialog; times in milliseconds, sizes in bytes. */
export interface Limits {
  /** Of a body. */
  maxSize: number;
  bodyTimeout: number;
  /** How long a repeat is known. */
  repeatWindow: number;
  /** For the flow to be done with an event. */
  doneTimeout: number;
  /** For the flow to answer. */
  answerTimeout: number;
  inbox: InboxLimits;
  /** Events in the flow at once. */
  concurrency: number;
  redelivery: RedeliveryPolicy;
}

/** What is not used need not be a number. @throws Failure CONFIG naming the field */
export function readLimits(config: WebhookTriggerConfig): Limits {
  const { acknowledge, answer, repeatBy, payload } = config;
  const isDone = acknowledge === 'done';
  const knowsRepeats = repeatBy !== 'none' || payload === 'cloudevents';
  const attempts = isDone ? numberOf(config.maxAttempts, 'the number of hand-overs', 1) : 1;
  return {
    maxSize: Math.floor(numberOf(config.maxSize, 'the largest body', 1) * 1024),
    bodyTimeout: numberOf(config.bodyTimeout, 'the time for the body') * 1000,
    repeatWindow: knowsRepeats ? numberOf(config.repeatWindow, 'the time for repeats') * 3_600_000 : 0,
    doneTimeout: isDone ? numberOf(config.doneTimeout, 'the time for the flow') * 1000 : 0,
    answerTimeout:
      answer === 'flow' ? numberOf(config.answerTimeout, "the time for the flow's answer", 0.001) * 1000 : 0,
    inbox: {
      count: numberOf(config.inboxCount, 'the number of events that may wait', 1),
      bytes: numberOf(config.inboxSize, 'the size of the events that may wait') * 1024 * 1024,
    },
    concurrency: isDone ? numberOf(config.concurrency, 'the number of events at once', 1) : 1,
    redelivery: {
      attempts,
      delay: attempts > 1 ? numberOf(config.retryDelay, 'the wait before another hand-over') * 1000 : 0,
      maxDelay:
        attempts > 1 ? numberOf(config.retryMaxDelay, 'the longest wait before another hand-over') * 1000 : 0,
    },
  };
}
