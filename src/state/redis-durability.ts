import type { Redis } from 'ioredis';

/**
 * How this Redis may lose what it accepted, in a sentence; undefined when it does not, or does not say (CONFIG is often
 * forbidden at hosted ones). What each setting means: redis.io, "Redis persistence" and "Key eviction".
 */
export async function durabilityWarning(redis: Redis): Promise<string | undefined> {
  const [appendonly, appendfsync, policy, maxmemory] = await Promise.all(
    ['appendonly', 'appendfsync', 'maxmemory-policy', 'maxmemory'].map((name) => setting(redis, name)),
  );
  const risks: string[] = [];
  if (appendonly === 'no') {
    risks.push('a restart of Redis loses everything since its last snapshot (appendonly no)');
  } else if (appendonly === 'yes' && appendfsync !== undefined && appendfsync !== 'always') {
    const lost = appendfsync === 'everysec' ? 'the last second' : 'up to half a minute';
    risks.push(`a power failure at Redis may lose ${lost} (appendfsync ${appendfsync})`);
  }
  if (policy?.startsWith('allkeys') && maxmemory !== '0') {
    risks.push(`Redis removes state when its memory is full (maxmemory-policy ${policy})`);
  }
  if (risks.length === 0) return undefined;
  return `${risks.join('; ')}: docs/redis.md of node-red-contrib-http-connector says how to set it up`;
}

async function setting(redis: Redis, name: string): Promise<string | undefined> {
  try {
    const answer = (await redis.config('GET', name)) as string[];
    return answer[1];
  } catch {
    return undefined;
  }
}
