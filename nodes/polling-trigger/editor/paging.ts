import type { GroupDescription } from '../../editor/field-group';
import { pagingFields } from '../../editor/paging-fields';
import { pagingDefaults, type PagingConfig } from '../../runtime/paging-config';
import { t } from './checks';

export const pagingGroup: GroupDescription<PagingConfig, PagingConfig, undefined> = {
  property: 'paging',
  defaults: pagingDefaults,
  view: (saved) => saved,
  saved: (view) => view,
  places: { paging: pagingFields<PagingConfig, undefined>(t) },
};
