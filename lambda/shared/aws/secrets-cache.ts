import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SECRET_CACHE_SECONDS } from '../../contract/limits.ts';
import { CLIENT_CONFIGURATION } from './client-configuration.ts';

export interface Secrets {
  /**
   * The text of a secret, by its name: asked for once in five minutes, and by one request for all that wait. Where it cannot
   * be had again, what was had is good for an hour.
   * @throws whatever Secrets Manager answers
   */
  find(name: string): Promise<string>;
}

interface Known {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** @param now milliseconds since 1970 */
export const createSecrets = (
  now: () => number,
  client: Pick<SecretsManagerClient, 'send'> = new SecretsManagerClient(CLIENT_CONFIGURATION),
): Secrets => {
  const known = new Map<string, Known>();
  const asked = new Map<string, Promise<Known>>();

  const ask = async (name: string): Promise<Known> => {
    const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: name }));
    if (text === undefined) throw new TypeError('The secret holds no text.');
    const found = { text, at: now() };
    known.set(name, found);
    return found;
  };

  return {
    find: async (name) => {
      const before = known.get(name);
      const age = before === undefined ? Number.POSITIVE_INFINITY : (now() - before.at) / 1000;
      if (before !== undefined && age < SECRET_CACHE_SECONDS.fresh) return before.text;
      const current = asked.get(name) ?? ask(name).finally(() => asked.delete(name));
      asked.set(name, current);
      try {
        return (await current).text;
      } catch (error) {
        if (before !== undefined && age < SECRET_CACHE_SECONDS.stale) return before.text;
        throw error;
      }
    },
  };
};
