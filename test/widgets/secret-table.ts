import { secretTable } from '../../nodes/editor/secret-table';
import { secretSlots, type AuthField, type AuthScheme } from '../../nodes/http-connection/config';
import { stored } from '../../nodes/editor/checks';
import type { Page } from './stage';

/** One only: the slots are fields that Node-RED knows by their ids. */
const fields: AuthField[] = [
  { in: 'header', name: 'X-Api-Key', slot: 'secret1' },
  { in: 'query', name: 'token', slot: 'secret3' },
];

export const page: Page = {
  texts: 'http-connection',
  states: [
    {
      title: 'One that is stored, and one that is not; headers only, or each in its place',
      mount: ({ place, id, t, add }) => {
        const choice = $('<select>', { 'aria-label': 'Scheme' }).appendTo(place);
        for (const scheme of ['custom', 'headers', 'query'])
          $('<option>').val(scheme).text(scheme).appendTo(choice);
        const store = $('<div>', { hidden: true }).appendTo(place);
        for (const slot of secretSlots) {
          $('<input>', { type: 'password', id: `node-config-input-${slot}` })
            .val(slot === 'secret1' ? stored : '')
            .appendTo(store);
        }
        const table = secretTable({
          property: id,
          element: $('<ol>').appendTo(place),
          store,
          fields,
          scheme: () => choice.val() as AuthScheme,
          t,
        });
        choice.on('change', () => table.refresh());
        table.refresh();
        add(table);
        return () => ({
          fields: table.read(),
          secrets: secretSlots.map((slot) => $(`#node-config-input-${slot}`).val()),
        });
      },
    },
  ],
};
