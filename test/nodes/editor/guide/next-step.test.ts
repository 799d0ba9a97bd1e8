import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nextStep, type StepState } from '../../../../nodes/editor/guide/next-step';

const steps = (...done: boolean[]): StepState[] =>
  done.map((one, index) => ({ id: `s${index}`, applies: true, done: one, skipped: false }));

describe('nodes/editor/guide/next-step', () => {
  it('begins with the first that is left, whatever was done in which order', () => {
    assert.equal(nextStep(steps(false, false)), 's0');
    assert.equal(nextStep(steps(true, false, false)), 's1');
    assert.equal(nextStep(steps(false, true, true)), 's0');
    assert.equal(nextStep(steps(true, true)), undefined);
    assert.equal(nextStep([]), undefined);
  });

  it('goes on behind the one that was left, then from the beginning, never back to it', () => {
    assert.equal(nextStep(steps(false, true, false), 's1'), 's2');
    assert.equal(nextStep(steps(false, true, true), 's2'), 's0');
    assert.equal(nextStep(steps(true, false, true), 's1'), undefined);
    assert.equal(nextStep(steps(false, false), 'gone'), 's0');
  });

  it('passes over what does not apply and what was skipped', () => {
    const [first, second, third] = steps(false, false, false) as [StepState, StepState, StepState];
    assert.equal(nextStep([{ ...first, applies: false }, { ...second, skipped: true }, third]), 's2');
    assert.equal(nextStep([{ ...first, skipped: true }], undefined), undefined);
  });

  it('leads through all that is left and to an end', () => {
    const state = fc.record({ applies: fc.boolean(), done: fc.boolean(), skipped: fc.boolean() });
    fc.assert(
      fc.property(fc.array(state, { maxLength: 8 }), (given) => {
        const all = given.map((one, index) => ({ ...one, id: `s${index}` }));
        const left = all.filter(({ applies, done, skipped }) => applies && !done && !skipped);
        for (let rounds = 0; ; rounds++) {
          const id = nextStep(all);
          if (id === undefined) return assert.equal(rounds, left.length);
          all.find((one) => one.id === id)!.done = true;
        }
      }),
    );
  });
});
