/** The rules of the core change node, as far as they are known without a message. */
import type { FlowNode } from './flow-graph';
import { Unseen, valueIn, withValueAt, without, type KnownMessage } from './known-message';
import { typedValue } from './typed-values';

interface Rule {
  t?: string;
  p?: string;
  /** Where the property is: `msg`, `flow` or `global`. */
  pt?: string;
  to?: unknown;
  tot?: string;
}

type Apply = (message: KnownMessage, path: string, rule: Rule, by: string) => KnownMessage;

const rules: Readonly<Record<string, Apply>> = {
  set: (message, path, { to, tot }, by) =>
    withValueAt(message, by, path, typedValue(to, tot ?? 'str', message)),
  // what a search leaves of a text is not known before
  change: (message, path, _rule, by) =>
    typeof valueIn(message, path) === 'string'
      ? withValueAt(message, by, path, new Unseen('string'))
      : message,
  delete: (message, path) => without(message, path),
  move: (message, path, { to, tot }, by) => {
    const rest = without(message, path);
    if ((tot ?? 'msg') !== 'msg' || typeof to !== 'string') return rest;
    return withValueAt(rest, by, to, valueIn(message, path) ?? new Unseen());
  },
};

export function changed(message: KnownMessage, { id, rules: saved }: FlowNode): KnownMessage {
  if (!Array.isArray(saved)) return message;
  return (saved as (Rule | null)[]).reduce<KnownMessage>((before, rule) => {
    const kind = rule?.t ?? '';
    if (!rule || (rule.pt ?? 'msg') !== 'msg' || !Object.hasOwn(rules, kind)) return before;
    return rules[kind]!(before, String(rule.p ?? ''), rule, id);
  }, message);
}
