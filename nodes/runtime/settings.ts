import { Failure } from '../../src/exchange/failure';

/**
 * A number from a saved field. It comes as text when the field is `${ENV}`.
 *
 * @throws Failure CONFIG naming the field
 */
export function numberOf(value: number | string, field: string, minimum = 0): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < minimum) {
    throw new Failure('CONFIG', `${field} must be a number of at least ${minimum}, not "${value}"`);
  }
  return number;
}
