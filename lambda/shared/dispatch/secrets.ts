import type { DispatchSettings, SecretHeader } from '../../contract/dispatch.ts';
import { HEADER_VALUE_PATTERN } from '../../contract/dispatch-headers.ts';

/** Returns the names of the secrets that requests to a processor need, once each. */
export const secretNamesOf = ({
  auth,
  headers,
  sign,
}: Pick<DispatchSettings, 'auth' | 'headers' | 'sign'>): readonly string[] => {
  const inHeaders = Object.values(headers).flatMap((value) => (typeof value === 'string' ? [] : [value.secret]));
  const others = [auth?.secretName, sign?.kind === 'standard_webhooks' ? sign.secretName : undefined];
  return [...new Set([...inHeaders, ...others.filter((name) => name !== undefined)])];
};

/** A secret that cannot be used. Logs have the name only. */
export class SecretFormError extends Error {
  override readonly name = 'SecretFormInvalid';
}

/**
 * Returns headers with the values of their secrets. Line ends around a secret are removed, because files and editors add them.
 * @param secrets texts of the secrets by name
 * @throws {SecretFormError} if a secret is missing or does not fit into a header; the message never quotes it
 */
export const fillSecrets = (
  headers: Readonly<Record<string, string | SecretHeader>>,
  secrets: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      const secret = secrets.get(value.secret)?.trim() ?? '';
      if (!HEADER_VALUE_PATTERN.test(secret)) {
        throw new SecretFormError(`The secret ${value.secret} is not 1 or more printable ASCII characters.`);
      }
      return [name, value.format.split('{}').join(secret)];
    }),
  );
