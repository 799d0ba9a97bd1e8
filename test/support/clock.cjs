/**
 * Loaded with `--require`: `Date` tells what the file at `TEST_CLOCK` says, in milliseconds since the epoch, and the real time
 * while that is empty. Timers go on as they do. The file is read each time: once it is written, nothing sees the time before.
 */
const { readFileSync } = require('node:fs');

const Real = Date;
const file = process.env.TEST_CLOCK;

function now() {
  const text = readFileSync(file, 'utf8');
  return text === '' ? Real.now() : Number(text);
}

globalThis.Date = new Proxy(Real, {
  construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
  apply: () => new Real(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
