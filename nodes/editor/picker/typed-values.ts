import { Unseen, valueIn, type KnownMessage } from './known-message';

/** A JSON text's value; `otherwise` for one that is none. */
export function parsed(text: unknown, otherwise: unknown): unknown {
  if (typeof text !== 'string') return otherwise;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return otherwise;
  }
}

type Reader = (text: string, message: KnownMessage | undefined) => unknown;

const readers: Readonly<Record<string, Reader>> = {
  str: (text) => text,
  num: (text) => (text.trim() === '' || Number.isNaN(Number(text)) ? new Unseen('number') : Number(text)),
  bool: (text) => text === 'true',
  json: (text) => parsed(text, new Unseen()),
  msg: (text, message) => (message && valueIn(message, text)) ?? new Unseen(),
  date: (text) => new Unseen(text === 'iso' ? 'string' : text === 'object' ? 'object' : 'number'),
  bin: () => new Unseen('buffer'),
};

/**
 * What a typed input of a core node gives, as far as its text says it. Environment variables, context and expressions
 * are known at run time only, and credentials are nobody's business here.
 */
export function typedValue(value: unknown, type: unknown, message?: KnownMessage): unknown {
  // inject and change save some numbers and booleans as such
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '');
  const reader = Object.hasOwn(readers, String(type)) ? readers[String(type)] : undefined;
  return reader ? reader(text, message) : new Unseen();
}
