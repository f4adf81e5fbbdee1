import { expect, test } from 'vitest';
import { fillSecrets, secretNamesOf } from '../../../../lambda/shared/dispatch/secrets.ts';

const HEADERS = { Authorization: { secret: 'acme', format: 'Bearer {}' }, 'X-Client': 'shop {}' };

test('names the secrets of headers, signature and access token once each', () => {
  const headers = { ...HEADERS, 'X-Key': { secret: 'key', format: '{}' }, 'X-Key-2': { secret: 'key', format: 'a{}' } };
  const tokenEndpoint = 'https://login.acme.example/token';
  const auth = { kind: 'client_credentials', tokenEndpoint, clientId: 'c', secretName: 'client' } as const;
  const names = secretNamesOf({ headers, auth, sign: { kind: 'standard_webhooks', secretName: 'acme' } });
  expect(names).toEqual(['acme', 'key', 'client']);
  expect(secretNamesOf({ headers: {}, sign: { kind: 'http_signature' } })).toEqual([]);
});

test('puts a secret into its header as it is, without the blanks around it', () => {
  expect(fillSecrets(HEADERS, new Map([['acme', ' $&{}$1\n']]))).toEqual({
    Authorization: 'Bearer $&{}$1',
    'X-Client': 'shop {}',
  });
});

test.each(['', '\n', 'a\r\nb', 'é', 'a\u0000'])('refuses the secret %j by its name', (secret) => {
  const refusal = 'The secret acme is not 1 or more printable ASCII characters.';
  expect(() => fillSecrets(HEADERS, new Map([['acme', secret]]))).toThrow(refusal);
  expect(() => fillSecrets(HEADERS, new Map())).toThrow(refusal);
});
