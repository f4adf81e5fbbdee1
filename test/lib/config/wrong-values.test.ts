import { generateKeyPairSync } from 'node:crypto';
import { Duration, Size } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import type { EnvironmentInput } from '../../../lib/config/environment.ts';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { CERTIFICATES } from '../../support/certificates.ts';
import { aLocalEnvironment, anAwsEnvironment } from '../../support/environments.ts';
import { SWITCHED } from '../../support/switched-environments.ts';

/** Mistakes that people make in their first environment, each with every line that synth stops with. */

const linesOf = (input: EnvironmentInput): readonly string[] => {
  try {
    readEnvironment('mine', input);
  } catch (error) {
    if (!(error instanceof InvalidEnvironment)) throw error;
    const [heading, ...lines] = error.message.split('\n');
    expect(heading).toBe('The environment "mine" (environments/mine.ts) cannot be built:');
    return lines.map((line) => line.trimStart());
  }
  return [];
};

const json = { contentTypes: ['application/json'] };
const acme = (processor: object, overrides: object = {}) =>
  anAwsEnvironment({ processors: { 'acme-ocr': { carriers: ['header'], ...json, ...processor } }, ...overrides });
const provider = anAwsEnvironment().identityProvider;
const { n } = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' });

const PASSTHROUGH = {
  mutualTls: { mode: 'passthrough', unverifiedBecause: 'Their certificates have no authority in common.' },
};

const NAMES = 'Correct the name, or remove the property; docs/operate/configuration.md lists the properties.';
const REGION = 'Correct the region; one that is newer than the installed aws-cdk-lib needs an update.';
const KEY =
  'expected a valid public key: P-256, Ed25519, or RSA of 2048 bits or more. Ask the processor for its public key as a JWK.';
const PEM =
  'expected one certificate in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----. Ask the processor for its client certificate; never put its private key here.';
const SECRET =
  'expected the name of a secret in Secrets Manager: 1 to 512 characters of [A-Za-z0-9/_+=.@-]. Write the name, never the secret.';
const CEDAR = 'expected policies in Cedar that fit the schema of Postern.';
const CONSOLE =
  'Register a web client for the console at the identity provider, and store its secret in Secrets Manager as {"clientSecret": "…"}.';

const MISTAKES: readonly (readonly [string, EnvironmentInput, readonly string[]])[] = [
  [
    'a typing error in the region',
    anAwsEnvironment({ region: 'eu-wst-1' }),
    [
      `region is "eu-wst-1"; expected the code of a region of AWS, for example eu-west-1. Did you mean \`eu-west-1\`? ${REGION}`,
    ],
  ],
  [
    'the name of a region for its code',
    anAwsEnvironment({ region: 'Ireland' }),
    [`region is "Ireland"; expected the code of a region of AWS, for example eu-west-1. ${REGION}`],
  ],
  [
    'no region',
    anAwsEnvironment({ region: undefined }),
    [
      'region is missing; expected the code of a region of AWS, for example eu-west-1. Write the region that has the resources.',
    ],
  ],
  [
    'one zone',
    anAwsEnvironment({ availabilityZones: ['eu-west-1a'] }),
    [
      "availabilityZones is [\"eu-west-1a\"]; expected a list of two or more zones of eu-west-1, each of them once, as ['eu-west-1a', 'eu-west-1b']. `aws ec2 describe-availability-zones --region eu-west-1` lists the zones of the region.",
    ],
  ],
  [
    'an account without quotes',
    anAwsEnvironment({ account: 123456789012 }),
    ['account is 123456789012; expected an account id: 12 digits, in quotes. Write the id of your account.'],
  ],
  [
    'a property that is misspelt',
    anAwsEnvironment({ retension: Duration.days(14) }),
    [`retension is Duration.days(14); expected a known property. Did you mean \`retention\`? ${NAMES}`],
  ],
  [
    'a property that is nothing like any other',
    anAwsEnvironment({ thingamajig: { a: 1 } }),
    [`thingamajig is {"a":1}; expected a known property. ${NAMES}`],
  ],
  [
    'a secret where only its name belongs, which is not shown',
    anAwsEnvironment({ consoleClient: { clientId: 'console', secretName: 'p4ss word!', clientSecret: 's3cr3t' } }),
    [
      `consoleClient.clientSecret is not a known property; expected one of the properties clientId, secretName, scopes. ${NAMES}`,
      `consoleClient.secretName is not the name of a secret (not shown, because it may be one); ${SECRET} ${CONSOLE}`,
    ],
  ],
  [
    'the secret of Standard Webhooks for its name',
    acme({ proof: { kind: 'standard_webhooks', secretName: 'whsec_c2VjcmV0' } }),
    [`processors.acme-ocr.proof.secretName holds a secret (whsec_…); ${SECRET} Store the processor's whsec_… there.`],
  ],
  [
    'more days than a token may live',
    acme({ maxExpiresIn: Duration.days(9) }),
    [
      'processors.acme-ocr.maxExpiresIn is Duration.days(9); expected a Duration from 1 minute to 7 days, in whole seconds. Write for instance Duration.days(2).',
    ],
  ],
  [
    'a number for a duration',
    acme({ maxExpiresIn: 3_600 }),
    [
      'processors.acme-ocr.maxExpiresIn is 3600; expected a Duration from 1 minute to 7 days, in whole seconds. Write for instance Duration.days(2).',
    ],
  ],
  [
    'a part of a day',
    anAwsEnvironment({ loadBalancerLogRetention: Duration.hours(36) }),
    [
      'loadBalancerLogRetention is Duration.hours(36); expected a Duration from 1 day to 365 days, in whole days. Give whole days, as Duration.days(30).',
    ],
  ],
  [
    'a latency that no callback reaches',
    anAwsEnvironment({ toleratedLatency: Duration.seconds(16) }),
    [
      'toleratedLatency is Duration.seconds(16); expected a Duration from 100 milliseconds to 15 seconds, in whole milliseconds. Give the time that a callback may take, as Duration.seconds(3); the function ends after 15 seconds.',
    ],
  ],
  [
    'text for a certificate',
    acme({ proof: { kind: 'mtls', certificate: 'the certificate' } }, PASSTHROUGH),
    [`processors.acme-ocr.proof.certificate is not exactly one certificate in PEM; ${PEM}`],
  ],
  [
    'no certificate',
    acme({ proof: { kind: 'mtls' } }, PASSTHROUGH),
    [`processors.acme-ocr.proof.certificate is missing; ${PEM}`],
  ],
  [
    'a certificate of a weak key',
    acme({ proof: { kind: 'mtls', certificate: CERTIFICATES.weak } }, PASSTHROUGH),
    [`processors.acme-ocr.proof.certificate is a certificate of an RSA key of 1024 bits; ${PEM}`],
  ],
  [
    'client certificates without a listener that asks for them',
    acme({ proof: { kind: 'mtls', certificate: CERTIFICATES.acme } }),
    [
      'processors.acme-ocr.proof asks for a client certificate, and no listener of this environment does; expected `mutualTls` in this environment. Set `mutualTls`, or use another proof; the environment `local` cannot have it.',
    ],
  ],
  [
    'a point that is not on the curve',
    acme({ proof: { kind: 'dpop', publicJwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } } }),
    [`processors.acme-ocr.proof.publicJwk is not a valid key of its kind (a member is missing or wrong); ${KEY}`],
  ],
  [
    'a key that is too short',
    acme({ proof: { kind: 'dpop', publicJwk: { kty: 'RSA', n, e: 'AQAB' } } }),
    [`processors.acme-ocr.proof.publicJwk is an RSA key of 1024 bits; ${KEY}`],
  ],
  [
    'a key of another kind',
    acme({ proof: { kind: 'dpop', publicJwk: { kty: 'oct' } } }),
    [
      'processors.acme-ocr.proof.publicJwk has kty "oct" and crv missing; expected a key of one of the kinds EC P-256, OKP Ed25519, RSA. Ask the processor for its public key as a JWK.',
    ],
  ],
  [
    'a proof that there is not',
    acme({ proof: { kind: 'dpopp' } }),
    [
      'processors.acme-ocr.proof.kind is "dpopp"; expected one of none, private_key_jwt, dpop, http_signature, standard_webhooks, webhook, mtls. Did you mean `dpop`? docs/process/guide.md describes each of them.',
    ],
  ],
  [
    'the kind of a proof alone',
    acme({ proof: 'dpop' }),
    [
      'processors.acme-ocr.proof is "dpop"; expected an object with a `kind`. Write { kind: \'dpop\', … }; docs/process/guide.md describes each of them.',
    ],
  ],
  [
    'a word that is misspelt',
    anAwsEnvironment({ deploymentPace: 'all-at-onc' }),
    [
      'deploymentPace is "all-at-onc"; expected one of all-at-once, canary-10-percent-5-minutes, canary-10-percent-30-minutes, linear-10-percent-every-minute. Did you mean `all-at-once`? Choose how fast new code replaces the old.',
    ],
  ],
  [
    'a letter that is none of the grades',
    anAwsEnvironment({ minimumGrade: 'E' }),
    [
      'minimumGrade is "E"; expected one of A, B, C, D. Choose the weakest grade that a processor may have; A is the strongest.',
    ],
  ],
  [
    'an id with blanks and capitals',
    anAwsEnvironment({ processors: { 'Acme OCR': { carriers: ['header'], ...json } } }),
    ['processors.Acme OCR has the id "Acme OCR"; expected an id of 2 to 32 characters of [a-z0-9-]. Correct the id.'],
  ],
  [
    'a list of applications',
    anAwsEnvironment({ applications: ['invoices'] }),
    [
      'applications is ["invoices"]; expected an object with 1 to 100 applications by their id. Write applications: { NAME: { clients: [\'CLIENT_ID\'] } }.',
    ],
  ],
  [
    'alarms without a receiver',
    anAwsEnvironment({ protected: true, alarmTopicArn: undefined }),
    [
      "alarmSubscribers is missing; expected receivers of alarms (or `alarmTopicArn`), because `protected` is true. Write alarmSubscribers: { pages: ['https://…'], tickets: ['team@example.com'] }, or set `alarmTopicArn` to a topic of yours.",
    ],
  ],
  [
    'no client of the console: one problem',
    anAwsEnvironment({ consoleClient: undefined }),
    [`consoleClient is missing; expected the client of the console at the identity provider. ${CONSOLE}`],
  ],
  [
    'no identity provider: one problem',
    anAwsEnvironment({ identityProvider: undefined }),
    [
      "identityProvider is missing; expected the endpoints of the OpenID provider of operators and senders. Copy them from the provider's /.well-known/openid-configuration. If you have no identity provider, write `cognito: {}`.",
    ],
  ],
  [
    'an issuer in clear text',
    anAwsEnvironment({ identityProvider: { ...provider, issuer: 'http://login.example.com' } }),
    [
      'identityProvider.issuer is "http://login.example.com"; expected an https URL without user name, query and fragment. Copy it from the provider\'s /.well-known/openid-configuration.',
    ],
  ],
  [
    'no processors',
    anAwsEnvironment({ processors: undefined }),
    [
      'processors is missing; expected an object with one or more processors by their id. Add the system that calls back, by an id that you choose.',
    ],
  ],
  [
    'a processor that is too weak for the environment',
    acme({}, { minimumGrade: 'B' }),
    [
      'processors.acme-ocr.carriers is "header"; expected grade B or better (`minimumGrade`), and carrier header with proof none has grade C. Use a stronger carrier or proof, or lower `minimumGrade` where the risk is accepted.',
    ],
  ],
  [
    'a media type with a parameter',
    acme({ contentTypes: ['text/plain; charset=utf-8'] }),
    [
      'processors.acme-ocr.contentTypes.0 is "text/plain; charset=utf-8"; expected a media type in lower case without parameters, as `application/json`. Write it in lower case and without parameters; a request may have any parameters.',
    ],
  ],
  [
    'an address for a range',
    acme({ sourceRanges: ['192.0.2.1/24'] }),
    [
      'processors.acme-ocr.sourceRanges.0 is "192.0.2.1/24"; expected a CIDR range whose address is the first of the range, as `192.0.2.0/24`. Correct the range; one address alone is a range of `/32`, or `/128` for IPv6.',
    ],
  ],
  [
    'a zone that the domain is not in',
    anAwsEnvironment({ hostedZone: { id: 'Z1234567890', name: 'ample.com' } }),
    [
      'hostedZone.name is "ample.com"; expected the name of a zone that contains callbacks.example.com. Write the name of the zone without a dot at its end, or correct `domain`.',
    ],
  ],
  [
    'a size without a unit',
    anAwsEnvironment({ inlineLimit: 4_096 }),
    [
      'inlineLimit is 4096; expected a Size from 0 to 61440 bytes. Write for instance Size.kibibytes(4); a larger payload goes to the bucket.',
    ],
  ],
  [
    'a size that is too large',
    anAwsEnvironment({ inlineLimit: Size.bytes(61_441) }),
    [
      'inlineLimit is 61441 bytes; expected a Size from 0 to 61440 bytes. Write for instance Size.kibibytes(4); a larger payload goes to the bucket.',
    ],
  ],
  [
    'no key that signs',
    anAwsEnvironment({ signing: { kind: 'kms' }, signingKeys: { first: { use: 'previous' } } }),
    [
      "signingKeys is {\"first\":\"previous\"}; expected exactly one key with the use 'current'. Give 'current' to the key that signs and 'previous' to the key before it.",
    ],
  ],
  [
    'policies that do not parse: each fault with its place',
    anAwsEnvironment({
      policies: [
        'permit (principal, action, resource);',
        '// ä, of two bytes',
        'forbid (principal, action, resource) when { context.age > };',
        'permit (principal action, resource);',
      ].join('\n'),
    }),
    [
      `policies is wrong at line 3, column 59: unexpected token \`}\`, expected \`!\`, \`(\`, \`-\`, \`[\`, \`{\`, \`false\`, identifier, \`if\`, number, \`?principal\`, \`?resource\`, string literal, or \`true\`; ${CEDAR} docs/operate/policies.md has examples, and https://docs.cedarpolicy.com describes the language.`,
      `policies is wrong at line 4, column 19: unexpected token \`action\`, expected \`!=\`, \`)\`, \`,\`, \`:\`, \`<\`, \`<=\`, \`==\`, \`>\`, \`>=\`, \`in\`, or \`is\`; ${CEDAR} docs/operate/policies.md has examples, and https://docs.cedarpolicy.com describes the language.`,
    ],
  ],
  [
    'policies that do not fit the schema: each fault with its policy and its place',
    anAwsEnvironment({
      policies: [
        'permit (principal, action, resource);',
        '@id("night")',
        'forbid (principal, action, resource)',
        'when { context.hour > 3 };',
        '@id("other")',
        'permit (principal, action == Action::"nothing", resource);',
      ].join('\n'),
    }),
    [
      expect.stringMatching(
        /^policies is wrong at line 4, column 8 \(policy "night"\): attribute `hour` in context not found; expected policies in Cedar that fit the schema of Postern\. Cedar suggests: did you mean `\w+`\?$/,
      ),
      `policies is wrong at line 6, column 30 (policy "other"): unrecognized action \`Action::"nothing"\`; ${CEDAR} Cedar suggests: did you mean \`Action::"list"\`?`,
    ],
  ],
  [
    'two policies with one id',
    anAwsEnvironment({
      policies:
        '@id("a")\npermit (principal, action, resource);\n@id("a")\nforbid (principal is Processor, action, resource);',
    }),
    [
      `policies is wrong at line 3, column 1 (policy "a"): two policies have the @id "a"; ${CEDAR} docs/operate/policies.md has examples, and https://docs.cedarpolicy.com describes the language.`,
    ],
  ],
  [
    'what runs on one machine, in a file of another name: one problem',
    anAwsEnvironment({ runsOn: 'this-machine' }),
    ['runsOn is "this-machine"; expected "aws". Write runsOn: \'aws\'.'],
  ],
  [
    'a property of the environment `local`',
    anAwsEnvironment({ origin: 'http://127.0.0.1:8080' }),
    [
      'origin is "http://127.0.0.1:8080"; expected no such property: it is for an environment with runsOn "this-machine". Remove the property.',
    ],
  ],
];

describe('a mistake in an environment file', () => {
  it.each(MISTAKES)('%s: says property, value, expectation and remedy, and nothing else', (_title, input, lines) => {
    // The order of what Cedar finds is its own.
    expect([...linesOf(input)].sort()).toEqual([...lines].sort((a, b) => (`${a}` < `${b}` ? -1 : 1)));
  });

  it('makes every line of every message a sentence, without words of JavaScript', () => {
    for (const [, input] of MISTAKES) {
      for (const line of linesOf(input)) expect(line).not.toMatch(/undefined|\[object|=>|NaN|\?\./);
    }
  });
});

/** Everything that an environment file may hold, by its path. */
const pathsOf = (value: unknown, path: readonly string[] = []): readonly (readonly string[])[] =>
  typeof value === 'object' && value !== null && !(value instanceof Duration) && !(value instanceof Size)
    ? Object.entries(value).flatMap(([name, member]) => [[...path, name], ...pathsOf(member, [...path, name])])
    : [];

const withValue = (value: unknown, [name, ...rest]: readonly string[], put: unknown): unknown => {
  if (name === undefined) return put;
  if (Array.isArray(value)) return value.map((member, i) => (`${i}` === name ? withValue(member, rest, put) : member));
  const members = value as Readonly<Record<string, unknown>>;
  return { ...members, [name]: withValue(members[name], rest, put) };
};

const ANYTHING = [undefined, null, -1.5, 'x', true, [null], { x: null }, () => 1, Duration.days(1), 1n];

describe('whatever stands in an environment file', () => {
  it.each<[string, EnvironmentInput]>([
    ['an environment on AWS', acme({ proof: { kind: 'dpop', publicJwk: { kty: 'EC' } }, sameBy: { header: 'a' } })],
    ['a hosted zone', anAwsEnvironment({ hostedZone: { id: 'Z1234567890', name: 'example.com' } })],
    ['the environment of one machine', aLocalEnvironment()],
    // Cedar takes its time, and is asked about policies only.
    ...Object.entries(SWITCHED).map(
      ([name, input]) => [name, { ...input, policies: ' ' }] as [string, EnvironmentInput],
    ),
  ])('synth answers with problems of the file, never with an error of its own: %s', (_title, input) => {
    for (const path of pathsOf(input)) {
      for (const put of ANYTHING) {
        const wrong = withValue(input, path, put) as EnvironmentInput;
        try {
          readEnvironment(input.runsOn === 'aws' ? 'mine' : 'local', wrong);
        } catch (error) {
          if (error instanceof InvalidEnvironment) continue;
          throw new Error(`${path.join('.')} is ${String(put)}`, { cause: error });
        }
      }
    }
  });
});
