/** Which guides a person does not want to be offered: kept by Node-RED with that person's settings of the editor. */
const key = 'httpConnectorGuidesDismissed';

function all(): Record<string, unknown> {
  const saved = RED.settings.get(key);
  return typeof saved === 'object' && saved !== null ? (saved as Record<string, unknown>) : {};
}

export function isDismissed(type: string): boolean {
  return all()[type] === true;
}

export function dismiss(type: string): void {
  RED.settings.set(key, { ...all(), [type]: true });
}
