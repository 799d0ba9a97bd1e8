/** Whatever happens, in the end a node that lives has one subscription, and one that was removed has none. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Fault, Manner } from './service';
import { planFor, signal, World, type Crash } from './support';

type Step =
  | { do: 'run'; variant: number; crash: Crash | undefined; faults: Fault[] }
  | { do: 'remove'; crash: Crash | undefined; faults: Fault[] }
  | { do: 'orphans'; faults: Fault[] }
  | { do: 'wait'; minutes: number };

const crash = fc.option(fc.record({ at: fc.integer({ min: 0, max: 9 }), after: fc.boolean() }), {
  nil: undefined,
  freq: 2,
});
const faults = fc.array(
  fc.constantFrom<Fault>('none', 'none', 'refuse', 'fail', 'fail-after', 'drop-after'),
  { maxLength: 4 },
);
const run = fc.record({ do: fc.constant('run' as const), variant: fc.nat(2), crash, faults });
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: run, weight: 5 },
  { arbitrary: fc.record({ do: fc.constant('remove' as const), crash, faults }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant('orphans' as const), faults }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.nat(90) }), weight: 2 },
);

const renewals = ['never', 'request', 'again'] as const;

async function live(
  manner: Manner,
  renewal: (typeof renewals)[number],
  steps: readonly Step[],
  stays: boolean,
) {
  const world = await new World().open(manner);
  const { service } = world;
  const wanted = (variant: number) => {
    const callback = `https://example.com/hook${variant === 2 ? 2 : 1}`;
    return world.wanted(planFor(manner, `s${variant}`, renewal), '', callback);
  };
  let variant = 0;
  try {
    for (const each of steps) {
      if (each.do === 'wait') {
        world.time += each.minutes * 60_000;
        continue;
      }
      service.faults = [...each.faults];
      if (each.do === 'orphans') await world.orphans();
      else {
        if (each.do === 'run') variant = each.variant;
        const subscriber = world.subscriber(each.crash);
        const done =
          each.do === 'run'
            ? subscriber.ensure(wanted(variant), signal)
            : subscriber.end(wanted(variant).secrets, signal);
        await done.catch(() => undefined);
      }
    }
    service.faults = [];
    if (!stays) {
      assert.deepEqual(await world.orphans(), []);
      assert.deepEqual(service.live, []);
      return;
    }
    const last = world.subscriber();
    let standing = await last.ensure(wanted(variant), signal);
    if (standing.leftover) standing = await last.ensure(wanted(variant), signal);
    assert.equal(standing.leftover, undefined);
    assert.deepEqual(
      service.live.map(({ callback, secret }) => [callback, secret]),
      [[wanted(variant).facts.callback, `s${variant}`]],
    );
    const asked = service.asked.length;
    await world.subscriber().ensure(wanted(variant), signal);
    assert.equal(service.asked.length, asked, 'a restart asks for nothing');
  } finally {
    await world.close();
  }
}

describe('webhook/subscription: after any history', function () {
  this.timeout(Number(process.env.RUNS ?? 0) * 500 || 60_000);
  for (const manner of ['keys', 'lists', 'callbacks'] as const) {
    it(`there is no orphan at a service that knows its subscriptions by ${manner}`, async () => {
      const history = fc.array(step, { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...renewals), history, fc.boolean(), (renewal, steps, stays) =>
          live(manner, renewal, steps, stays),
        ),
        { numRuns: Number(process.env.RUNS ?? 40) },
      );
    });
  }
});
