/** The place of an answer's body in a message, and the message when a part of the body is kept. Pure. */
import { valueAt } from '../../../src/exchange/values';
import { stepsOf, type Step } from '../../editor/picker/known-message';

type Message = Record<string, unknown>;

/** @param property expression of Node-RED, such as `payload.result` */
export function propertyIn(message: Message, property: string): unknown {
  return (stepsOf(property) ?? []).reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<Step, unknown>)[step] : undefined,
    message,
  );
}

/** A copy of the message with the part in place of the body. */
export function withPart(message: Message, property: string, part: string): Message {
  const copy = structuredClone(message);
  const steps = [...(stepsOf(property) ?? [])];
  const last = steps.pop();
  const owner = steps.reduce<unknown>(
    (value, step) => (value as Record<Step, unknown> | undefined)?.[step],
    copy,
  );
  if (last !== undefined && typeof owner === 'object' && owner !== null) {
    (owner as Record<Step, unknown>)[last] = valueAt((owner as Record<Step, unknown>)[last], part);
  }
  return copy;
}
