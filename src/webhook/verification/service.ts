import { presets, type Preset, type PresetId } from './presets';

/**
 * The service whose handshakes and whose event's id come with a verification: the preset that is chosen, or the one service
 * that a way of its own is for. Undefined for a way that any service may have.
 */
export function serviceOf(verification: string, preset: string): Preset | undefined {
  if (verification === 'aws-sns') return presets['aws-sns'];
  return verification === 'preset' && Object.hasOwn(presets, preset)
    ? presets[preset as PresetId]
    : undefined;
}
