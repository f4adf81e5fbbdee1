import type * as v from 'valibot';
import { DOMAIN_PREFIX } from '../../lambda/contract/environments.ts';
import type { OperatorRole, OperatorRoles } from '../../lambda/contract/operator-roles.ts';
import { COGNITO_OPERATORS } from '../../lambda/contract/operator-roles.ts';
import { object, optional } from './containers.ts';
import { flag, text } from './kinds.ts';

export const DOMAIN_PREFIX_EXPECTED =
  '1 to 63 characters of [a-z0-9-], without a hyphen at either end, and without the words aws, amazon and cognito';
const CHOOSE_PREFIX = "Choose a prefix that nobody else in the Region has, for instance 'example-postern'.";

const COGNITO = 'Remove `cognito`, or write `cognito: {}`: everything in it has a default.';

/**
 * A user pool of Amazon Cognito, for a team without an identity provider. It signs operators in with a password and a code of an
 * authenticator app, and gives senders their access tokens.
 */
export const cognito = object(COGNITO, {
  /**
   * Beginning of the address of the sign-in page, `https://PREFIX.auth.REGION.amazoncognito.com`. Nobody else in the Region can
   * have the same one, and it never changes.
   * @default the domain of the gateway, with hyphens in place of dots
   */
  domainPrefix: optional(text(DOMAIN_PREFIX, DOMAIN_PREFIX_EXPECTED, CHOOSE_PREFIX)),
  /**
   * True if Cognito refuses passwords that are known from leaks, and sign-ins that look like an attack (threat protection, in the
   * feature plan Plus). 0.02 USD a month for each person who signs in; without it 0.015 USD.
   * @default true
   */
  threatProtection: optional(
    flag('Write true if Cognito judges the risk of each sign-in, and false if it does not.'),
    true,
  ),
});
export type Cognito = v.InferOutput<typeof cognito>;

/** `clients` of an application whose client is made in the user pool. */
export const COGNITO_CLIENT = 'cognito';

/**
 * Groups of the user pool that mean each role of an operator. None of them is a scope of the gateway: the profile of Cognito reads
 * roles from scopes too, and the scope `operator_read` must give no role to a person without a group.
 */
export const OPERATOR_GROUPS = {
  operator_read: 'operator-read',
  operator: 'operator',
  operator_payload: 'operator-payload',
} as const satisfies Readonly<Record<OperatorRole, string>>;

/** Roles of operators in the tokens of the user pool. */
export const USER_POOL_ROLES: OperatorRoles = {
  ...COGNITO_OPERATORS,
  values: {
    operator_read: [OPERATOR_GROUPS.operator_read],
    operator: [OPERATOR_GROUPS.operator],
    operator_payload: [OPERATOR_GROUPS.operator_payload],
  },
};

/** The prefix of an environment that names none. */
export const defaultDomainPrefix = (domain: string): string => domain.replaceAll('.', '-');
