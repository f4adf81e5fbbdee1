import { COGNITO } from '../../../lambda/contract/access-token-profile.ts';
import { DOMAIN_PREFIX } from '../../../lambda/contract/environments.ts';
import { MAX_COGNITO_CLIENTS } from '../../../lambda/contract/limits.ts';
import { senderClientOutput } from '../../names.ts';
import { COGNITO_CLIENT, DOMAIN_PREFIX_EXPECTED, defaultDomainPrefix } from '../cognito.ts';
import { MAX_VARIABLE_CHARS } from '../kinds.ts';
import { Description, jsonOf } from '../show.ts';
import { hasConsole } from './network-door.ts';
import type { Rule, ValidEntries } from './rule.ts';

/** Somebody signs operators in and issues access tokens: an identity provider with its client, or the user pool. */
export const identityProviderOrUserPool: Rule = (entries, errors) => {
  const { cognito, consoleClient, identityProvider, runsOn } = entries;
  const isWithout = identityProvider === undefined && consoleClient === undefined;
  if (cognito !== undefined && isWithout) return;
  const both = cognito === undefined ? '' : '; with `cognito`, either both of them or none';
  const instead =
    runsOn === 'aws' && cognito === undefined ? ' If you have no identity provider, write `cognito: {}`.' : '';
  errors.expect(
    identityProvider !== undefined,
    'identityProvider',
    identityProvider,
    `the endpoints of the OpenID provider of operators and senders${both}`,
    `Copy them from the provider's /.well-known/openid-configuration.${instead}`,
  );
  errors.expect(
    consoleClient !== undefined || !hasConsole(entries),
    'consoleClient',
    consoleClient,
    `the client of the console at the identity provider${both}`,
    'Register a web client for the console at the identity provider, and store its secret in Secrets Manager as {"clientSecret": "…"}.',
  );
};

/** The default prefix of the sign-in page comes from the domain, which may be too long for one. */
export const signInPageHasPrefix: Rule = ({ cognito, domain }, errors) => {
  if (cognito === undefined || cognito.domainPrefix !== undefined || domain === undefined) return;
  const prefix = defaultDomainPrefix(domain);
  errors.expect(
    DOMAIN_PREFIX.test(prefix),
    'cognito.domainPrefix',
    new Description(`would be "${prefix}", from \`domain\``),
    DOMAIN_PREFIX_EXPECTED,
    "Choose a prefix that nobody else in the Region has, for instance cognito: { domainPrefix: 'example-postern' }.",
  );
};

/** Cognito issues tokens of 5 minutes or more. https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html */
const SHORTEST_ACCESS_TOKEN_SECONDS = 300;

export const userPoolTokensLiveLong: Rule = ({ accessTokenMaxLifetime, cognito }, errors) => {
  if (cognito === undefined || accessTokenMaxLifetime === undefined) return;
  errors.expect(
    accessTokenMaxLifetime.toSeconds() >= SHORTEST_ACCESS_TOKEN_SECONDS,
    'accessTokenMaxLifetime',
    accessTokenMaxLifetime,
    'at least 5 minutes, the shortest life of an access token of Amazon Cognito',
    'Write Duration.minutes(5) or longer.',
  );
};

const ofUserPool = (applications: ValidEntries['applications'] = {}): readonly string[] =>
  Object.entries(applications).flatMap(([id, application]) => (application?.clients === COGNITO_CLIENT ? [id] : []));

/** A client is made in the user pool only if the pool issues the access tokens of senders. */
export const clientsHaveUserPool: Rule = (entries, errors) => {
  const { applications, cognito, identityProvider, senderAccessToken } = entries;
  const issues = cognito !== undefined && identityProvider === undefined && senderAccessToken === undefined;
  for (const id of issues ? [] : ofUserPool(applications)) {
    errors.expect(
      false,
      `applications.${id}.clients`,
      COGNITO_CLIENT,
      'a list of client ids, because the user pool of `cognito` issues no access tokens of senders here',
      'List the client ids, or write `cognito: {}` without `identityProvider`, `consoleClient` and `senderAccessToken`.',
    );
  }
};

/** Outputs and variables have the clients of the user pool. */
export const userPoolClientsFit: Rule = ({ accessToken, applications, cognito, domain, processors }, errors) => {
  const ids = ofUserPool(applications);
  errors.expect(
    ids.length <= MAX_COGNITO_CLIENTS,
    'applications',
    new Description(`has ${ids.length} applications with \`clients: '${COGNITO_CLIENT}'\``),
    `at most ${MAX_COGNITO_CLIENTS}, because environment variables hold their client ids`,
    'Let senders in AWS invoke (`invokers`), or move some applications to another environment.',
  );
  const owners = new Map<string, string>();
  for (const id of ids) {
    const output = senderClientOutput(id);
    const owner = owners.get(output);
    errors.expect(
      owner === undefined,
      `applications.${id}.clients`,
      new Description(`has the output \`${output}\``),
      `an output of its own; \`applications.${owner}\` has the same`,
      'Rename one of the two applications, if it has no tasks yet. Otherwise list a client id for it.',
    );
    owners.set(output, id);
  }
  if (cognito === undefined || accessToken?.profile !== undefined) return;
  const listed = Object.values(applications ?? {}).flatMap((one) =>
    typeof one?.clients === 'object' ? one.clients : [],
  );
  const proving = Object.values(processors ?? {}).flatMap((one) =>
    one?.proof?.kind === 'private_key_jwt' && one.proof.clientId !== undefined ? [one.proof.clientId] : [],
  );
  const made = Array.from({ length: ids.length + 1 }, () => EXAMPLE_CLIENT_ID);
  const audience = { claim: 'client_id', accepted: [...made, ...listed, ...proving] };
  const { length } = jsonOf({ ...COGNITO, audience, scopePrefix: `https://${domain}/` });
  errors.expect(
    length <= MAX_VARIABLE_CHARS,
    'applications',
    new Description(`has client ids of ${length} characters of JSON, with those of \`processors\``),
    `at most ${MAX_VARIABLE_CHARS} characters, because an environment variable holds them`,
    'List fewer clients, or move some applications to another environment.',
  );
};

/** Cognito's client ids have 26 characters in its documentation, and at most 128. */
const EXAMPLE_CLIENT_ID = 'x'.repeat(26);
