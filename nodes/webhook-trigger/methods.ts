import { METHODS } from 'node:http';
import { Failure } from '../../src/exchange/failure';

/** @throws Failure CONFIG */
export function methodsOf(saved: readonly string[]): string[] {
  const methods = [...new Set(saved.map((method) => method.trim().toUpperCase()).filter(Boolean))];
  if (methods.length === 0) throw new Failure('CONFIG', 'no method is chosen');
  const unknown = methods.find((method) => !METHODS.includes(method) || method === 'CONNECT');
  if (unknown) throw new Failure('CONFIG', `"${unknown}" is not a method that can be received`);
  return methods;
}
