import { Bench, type Place } from './conformance/bench';
import { commits } from './conformance/commits';
import { documents } from './conformance/documents';
import { ids } from './conformance/ids';
import { leases } from './conformance/leases';
import { model } from './conformance/model';
import { queues } from './conformance/queues';
import { values } from './conformance/values';

/** What every store must do, whatever it stands on. */
export function conformance(name: string, makePlace: () => Promise<Place>): void {
  describe(`${name} as a store`, () => {
    const bench = new Bench();
    beforeEach(async () => bench.open(await makePlace()));
    afterEach(() => bench.close());

    for (const topic of [documents, ids, values, queues, leases, commits, model]) topic(bench);
  });
}
