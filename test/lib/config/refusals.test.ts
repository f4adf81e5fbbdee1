import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { COGNITO } from '../../../lambda/contract/access-token-profile.ts';
import type { EnvironmentInput } from '../../../lib/config/environment.ts';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { aLocalEnvironment, anAwsEnvironment } from '../../support/environments.ts';
import { synthesize } from '../../support/synthesize.ts';
import { resourcesOf } from '../../support/template.ts';

/** Dangerous settings, each with the message of synth, and the nearest settings that are accepted. */

const messageOf = (input: EnvironmentInput): string | undefined => {
  try {
    readEnvironment(input.runsOn === 'aws' ? 'test' : 'local', input);
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.message;
    throw error;
  }
  return undefined;
};

const json = { contentTypes: ['application/json'] };
const acme = (processor: object, overrides: object = {}) =>
  anAwsEnvironment({ processors: { 'acme-ocr': { ...json, ...processor } }, ...overrides });
const acmAt = (region: string) => `arn:aws:acm:${region}:123456789012:certificate/1`;
const audience = (...accepted: readonly string[]) =>
  anAwsEnvironment({ accessToken: { profile: { ...COGNITO, audience: { claim: 'client_id', accepted } } } });
const account = 'arn:aws:iam::210987654321:root';
const office = { carriers: ['header'], sourceRanges: ['192.0.2.0/24'] };
/** Different codes of two capital letters. */
const countries = (count: number) =>
  Array.from({ length: count }, (_, i) => String.fromCharCode(65 + Math.floor(i / 26), 65 + (i % 26)));
const REASON = 'Its system takes a URL and nothing else.';

/** An environment with a number of processors, each with a secret for its signatures. */
const withSecrets = (count: number) =>
  anAwsEnvironment({
    processors: Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        `signer-${i}`,
        { ...json, carriers: ['header'], proof: { kind: 'standard_webhooks', secretName: `postern/signer-${10 + i}` } },
      ]),
    ),
  });

const REFUSALS: readonly (readonly [string, EnvironmentInput, string, EnvironmentInput])[] = [
  [
    'Shield Advanced without a subscription',
    anAwsEnvironment({ shield: { advanced: true, subscribed: false } }),
    `shield.subscribed is false; expected true, because the resources of Shield Advanced fail without a subscription. Subscribe the account to Shield Advanced first (about 3,000 USD a month, for a year): the deployment fails without it.`,
    anAwsEnvironment({ shield: { advanced: true, subscribed: true } }),
  ],
  [
    'access tokens for nobody in particular',
    audience(),
    'accessToken.profile.audience.accepted is []; expected a list of one or more values, each of 1 to 256 characters. List the audience or the client ids that the identity provider has for this gateway; without one no token is accepted.',
    audience('the-sender'),
  ],
  [
    'tasks that are forgotten before their used tokens',
    anAwsEnvironment({ retention: Duration.hours(23) }),
    'retention is Duration.hours(23); expected a Duration from 1 day to 3650 days, in whole seconds. Keep tasks for at least a day, because used tokens are remembered for a day; for example Duration.days(30).',
    anAwsEnvironment({ retention: Duration.hours(24) }),
  ],
  [
    'tokens that live longer than a week, which is what their records outlive',
    acme({ carriers: ['header'], maxExpiresIn: Duration.seconds(604_801) }),
    'processors.acme-ocr.maxExpiresIn is Duration.seconds(604801); expected a Duration from 1 minute to 7 days, in whole seconds. Write for instance Duration.days(2).',
    acme({ carriers: ['header'], maxExpiresIn: Duration.days(7) }),
  ],
  [
    'a processor below the grade',
    acme({ carriers: ['path'] }, { minimumGrade: 'C' }),
    'processors.acme-ocr.carriers is "path"; expected grade C or better (`minimumGrade`), and carrier path with proof none has grade D. Use a stronger carrier or proof, or lower `minimumGrade` where the risk is accepted.',
    acme({ carriers: ['header'] }, { minimumGrade: 'C' }),
  ],
  [
    'tokens in the access logs of a protected environment',
    acme({ carriers: ['path'] }, { protected: true, tokensInUrls: undefined }),
    'processors.acme-ocr.carriers is ["path"]; expected no carrier `path` without a proof in a protected environment, because access logs hold such tokens. Use the carrier `header` or `short`, or write in `tokensInUrls` why that is not possible.',
    acme({ carriers: ['path'] }, { protected: true, tokensInUrls: REASON }),
  ],
  [
    'a protected environment whose senders share all tasks',
    anAwsEnvironment({ protected: true, applications: undefined }),
    "applications is missing; expected the sending systems of the environment with their client ids, because `protected` is true. Write applications: { NAME: { clients: ['CLIENT_ID'] } }. If tasks exist already, NAME is `default`: it owns them.",
    anAwsEnvironment({ protected: true, applications: { default: { clients: ['invoices-backend'] } } }),
  ],
  [
    'a client that would see the tasks of two applications',
    anAwsEnvironment({ applications: { invoices: { clients: ['a', 'b'] }, orders: { clients: ['b'] } } }),
    'applications.orders.clients.0 is "b"; expected a client of this application alone; `applications.invoices` has it too. Remove it from one of the two, or register a client for each application at the identity provider.',
    anAwsEnvironment({ applications: { invoices: { clients: ['a', 'b'] }, orders: { clients: ['c'] } } }),
  ],
  [
    'an application for a processor that does not exist',
    anAwsEnvironment({ applications: { invoices: { clients: ['a'], processors: ['acme-orc'] } } }),
    'applications.invoices.processors.0 is "acme-orc"; expected the id of a processor of this environment: acme-ocr. Correct the id, or add the processor to `processors`.',
    anAwsEnvironment({ applications: { invoices: { clients: ['a'], processors: ['acme-ocr'] } } }),
  ],
  [
    'an application whose limit lets nothing through',
    anAwsEnvironment({ applications: { invoices: { clients: ['a'], pendingLimit: 0 } } }),
    'applications.invoices.pendingLimit is 0; expected a whole number of pending tasks from 1 to 10000000. Write the largest number of pending tasks that the application needs, or remove `pendingLimit`.',
    anAwsEnvironment({ applications: { invoices: { clients: ['a'], pendingLimit: 1 } } }),
  ],
  [
    'no reason for them',
    acme({ carriers: ['path'] }, { protected: true, tokensInUrls: 'x'.repeat(19) }),
    'tokensInUrls is "xxxxxxxxxxxxxxxxxxx"; expected a reason in 20 characters or more. Write why these processors cannot send a header.',
    acme({ carriers: ['path'] }, { protected: true, tokensInUrls: 'x'.repeat(20) }),
  ],
  [
    'PrivateLink for nobody',
    anAwsEnvironment({ privateLink: { acceptedPrincipals: [] } }),
    'privateLink.acceptedPrincipals is []; expected a list of one or more principals that may connect. List the accounts of the processors, as arn:aws:iam::123456789012:root, or remove `privateLink`.',
    anAwsEnvironment({ privateLink: { acceptedPrincipals: [account] } }),
  ],
  [
    'PrivateLink for everybody',
    anAwsEnvironment({ privateLink: { acceptedPrincipals: ['*'] } }),
    'privateLink.acceptedPrincipals.0 is "*"; expected the ARN of an account, a role or a user, and not *, which means every account. Write for instance arn:aws:iam::123456789012:root.',
    anAwsEnvironment({ privateLink: { acceptedPrincipals: ['arn:aws:iam::210987654321:role/caller'] } }),
  ],
  [
    'source ranges that PrivateLink would hide',
    acme(office, { privateLink: { acceptedPrincipals: [account] } }),
    'processors.acme-ocr.sourceRanges is ["192.0.2.0/24"]; expected no source ranges together with `privateLink`, which hides the address of the caller. Remove `sourceRanges`, or remove `privateLink`.',
    acme(office),
  ],
  [
    'countries that callers by PrivateLink could never come from',
    anAwsEnvironment({ privateLink: { acceptedPrincipals: [account] }, countries: { only: ['DE'] } }),
    'countries is {"only":["DE"]}; expected no `only` together with `privateLink`, because its callers have private addresses, which belong to no country. Use `except`, with the countries to refuse, or remove `privateLink`.',
    anAwsEnvironment({ privateLink: { acceptedPrincipals: [account] }, countries: { except: ['KP'] } }),
  ],
  [
    'more countries than a rule of the web ACL takes',
    anAwsEnvironment({ countries: { except: countries(51) } }),
    'countries.except has 51 countries; expected at most 50 countries, the limit of a rule of the web ACL. List fewer countries; the other form, `only` or `except`, may need fewer.',
    anAwsEnvironment({ countries: { except: countries(50) } }),
  ],
  [
    'a certificate of another region',
    anAwsEnvironment({ certificateArn: acmAt('us-east-1') }),
    `certificateArn is "${acmAt('us-east-1')}"; expected an ARN of acm in the environment's region, eu-west-1. Use a resource in that region: a load balancer and its alarms can use no other.`,
    anAwsEnvironment({ certificateArn: acmAt('eu-west-1') }),
  ],
  [
    'more secrets than one policy can name',
    withSecrets(75),
    'processors names 75 secrets, whose ARNs have 6001 characters together; expected at most 6000 characters, because one policy names all of them. Shorten the names of the secrets, use another proof, or move some processors to another environment.',
    withSecrets(74),
  ],
  [
    'certificates that nobody verifies, without a reason',
    anAwsEnvironment({ mutualTls: { mode: 'passthrough', unverifiedBecause: 'x'.repeat(19) } }),
    'mutualTls.unverifiedBecause is "xxxxxxxxxxxxxxxxxxx"; expected a reason in 20 characters or more. Let the load balancer verify the certificates, which is the default, or explain why it cannot.',
    anAwsEnvironment({ mutualTls: { mode: 'passthrough', unverifiedBecause: 'x'.repeat(20) } }),
  ],
  [
    'no word of certificates that nobody verifies',
    anAwsEnvironment({ mutualTls: { mode: 'passthrough' } }),
    'mutualTls.unverifiedBecause is missing; expected a reason with `passthrough`, and none with `verify`. Let the load balancer verify the certificates, which is the default, or explain why it cannot.',
    anAwsEnvironment({ mutualTls: { authorities: { bucketName: 'trust', key: 'authorities.pem' } } }),
  ],
  [
    'clear text outside this machine',
    anAwsEnvironment({ domain: 'http://callbacks.example.com' }),
    'domain is "http://callbacks.example.com"; expected a host name in lower case whose last label has letters only, without scheme, port and path. Write only the name, as callbacks.example.com.',
    anAwsEnvironment({ domain: 'callbacks.example.com' }),
  ],
];

/** Settings of one machine only, and settings of AWS only. */
const LOCAL_SWITCHES = { origin: 'http://127.0.0.1:8080', loadBalancerPublicKeysUrl: 'http://127.0.0.1:8082/keys' };
const AWS_SWITCHES = {
  domain: 'callbacks.example.com',
  hostedZone: { id: 'Z1234567890', name: 'example.com' },
  shield: { advanced: true, subscribed: true },
  network: { vpcId: 'vpc-0123456789abcdef0', publicSubnetIds: ['subnet-0aaaaaaa', 'subnet-0bbbbbbb'], ipv6: true },
  mutualTls: { authorities: { bucketName: 'trust', key: 'authorities.pem' } },
  privateLink: { acceptedPrincipals: [account] },
  tokensInUrls: REASON,
};

describe('synth refuses', () => {
  it.each(REFUSALS)(
    '%s, with value, expectation and remedy, and takes what is just right',
    (...[, refused, words, taken]) => {
      expect(messageOf(refused)).toContain(`\n  ${words}`);
      expect(messageOf(taken)).toBeUndefined();
    },
  );

  it('no more secrets than the policy of the receiver’s role has room for', () => {
    const { gateway } = synthesize(withSecrets(74));
    const policies = Object.values(resourcesOf(gateway, 'AWS::IAM::Policy')).map(
      ({ Properties }) => JSON.stringify(Properties.PolicyDocument).length,
    );
    expect(Math.max(...policies)).toBeGreaterThan(6_000);
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    expect(Math.max(...policies)).toBeLessThan(10_240);
  });

  it.each([
    ...Object.entries(LOCAL_SWITCHES).map(
      ([name, value]) => [name, 'an environment on AWS', anAwsEnvironment, value] as const,
    ),
    ...Object.entries(AWS_SWITCHES).map(([name, value]) => [name, 'one machine', aLocalEnvironment, value] as const),
  ])('%s in %s: it is a switch of the other kind', (name, _where, anEnvironment, value) => {
    expect(messageOf(anEnvironment({ [name]: value }))).toMatch(
      new RegExp(
        `\n  ${name} is .*; expected no such property: it is for an environment with runsOn ".*"\\. Remove the property\\.`,
      ),
    );
  });

  it('what runs on one machine under another name, and `local` anywhere else', () => {
    const under = (name: string, input: EnvironmentInput) => () => readEnvironment(name, input);
    expect(under('prod', aLocalEnvironment())).toThrow(
      `runsOn is "this-machine"; expected "aws". Write runsOn: 'aws'.`,
    );
    expect(under('local', anAwsEnvironment())).toThrow(
      `runsOn is "aws"; expected "this-machine". Write runsOn: 'this-machine'.`,
    );
  });
});
