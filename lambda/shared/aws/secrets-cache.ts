import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SECRET_CACHE_SECONDS } from '../../contract/call-limits.ts';
import { CLIENT_CONFIGURATION } from './client-configuration.ts';

export interface Secrets {
  /**
   * Returns the text of a secret by its name. It is requested once in five minutes; concurrent calls share one request. If
   * a request fails, the last text is used for up to an hour.
   * @throws the error of Secrets Manager
   */
  find(name: string): Promise<string>;
  /** Forgets a secret, so that the next call requests it. */
  drop(name: string): void;
}

interface CachedSecret {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** @param now milliseconds since 1970 */
export const createSecrets = (
  now: () => number,
  client: Pick<SecretsManagerClient, 'send'> = new SecretsManagerClient(CLIENT_CONFIGURATION),
): Secrets => {
  const cache = new Map<string, CachedSecret>();
  const pending = new Map<string, Promise<CachedSecret>>();

  const request = async (name: string): Promise<CachedSecret> => {
    const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: name }));
    if (text === undefined) throw new TypeError('The secret holds no text.');
    const secret = { text, at: now() };
    cache.set(name, secret);
    return secret;
  };

  return {
    drop: (name) => {
      cache.delete(name);
    },
    find: async (name) => {
      const cached = cache.get(name);
      const age = cached === undefined ? Number.POSITIVE_INFINITY : (now() - cached.at) / 1000;
      if (cached !== undefined && age < SECRET_CACHE_SECONDS.fresh) return cached.text;
      const current = pending.get(name) ?? request(name).finally(() => pending.delete(name));
      pending.set(name, current);
      try {
        return (await current).text;
      } catch (error) {
        if (cached !== undefined && age < SECRET_CACHE_SECONDS.stale) return cached.text;
        throw error;
      }
    },
  };
};
