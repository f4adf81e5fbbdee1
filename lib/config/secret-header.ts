import type { SecretHeader } from '../../lambda/contract/dispatch.ts';

/**
 * A header whose value is a secret of Secrets Manager.
 * @param name of the secret
 * @param format the value of the header, in which `{}` stands for the secret. @default the secret alone
 */
export const secret = (name: string, format = '{}'): SecretHeader => ({ secret: name, format });
