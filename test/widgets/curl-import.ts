import { curlImport } from '../../nodes/editor/curl-import';
import type { CurlRequest } from '../../src/sample/curl';
import type { Page } from './stage';

export const page: Page = {
  texts: 'send-request',
  states: [
    {
      title: 'Closed, until its button is pressed',
      mount: ({ place, id, t }) => {
        let imported: CurlRequest | undefined;
        const take = (request: CurlRequest) => (imported = request).notes;
        curlImport({ element: $('<div>', { id: `${id}-import` }).appendTo(place), onImport: take, t });
        return () => imported;
      },
    },
  ],
};
