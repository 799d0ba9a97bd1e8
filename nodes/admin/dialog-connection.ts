import type { NodeAPI } from 'node-red';
import type { TokenVault } from '../../src/connection/auth/token-vault';
import type { Connection } from '../../src/connection/connection';
import { openConnection } from '../http-connection/open';
import { readConfig } from '../http-connection/read';
import { dialogConfig, dialogCredentials, type DialogValues } from './dialog-values';

/**
 * The connection that a dialog means, to be closed after use: unsaved values are used, a secret that was not touched is
 * the stored one. There is one attempt, because a person waits.
 *
 * @param id of the connection's node, deployed or not
 * @throws Failure CONFIG
 */
export function openDialogConnection(
  RED: NodeAPI,
  vault: TokenVault,
  id: string,
  dialog: DialogValues,
): Connection {
  const config = readConfig(dialogConfig(RED, dialog.config));
  return openConnection(RED, { ...config, retryAttempts: 1 }, dialogCredentials(RED, id, dialog), {
    tokenId: id,
    vault,
    warn: () => undefined,
  }).connection;
}
