import type { ConfigBase } from '../runtime/migrate';
import type { TypedRow } from '../runtime/rows';

/** What the dialog saves. */
export interface PollingTriggerConfig extends ConfigBase {
  /** Id of an http-connection. */
  connection: string;
  /** Name of the event: `msg.topic`. */
  event: string;
  /** Template; joined to the connection's base URL when relative. */
  url: string;
  query: TypedRow[];
  headers: TypedRow[];
  interval: number | string;
  intervalUnit: 's' | 'm' | 'h';
  /** Property path of the list in the answer; '' means the answer is the list. */
  records: string;
  /** Property paths that make a record's key, separated by commas. */
  key: string;
  /** Which records of the very first poll fire. */
  firstRun: 'now';
}

export const configVersion = 1;

export const defaults: Omit<PollingTriggerConfig, 'id' | 'type' | 'z'> = {
  configVersion,
  name: '',
  connection: '',
  event: '',
  url: '',
  query: [],
  headers: [],
  interval: 60,
  intervalUnit: 's',
  records: '',
  key: 'id',
  firstRun: 'now',
};
