import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { CONSOLE_COOKIE, LOAD_BALANCER_COOKIES } from '../../lambda/contract/console-session.ts';

/** Headers with credentials. */
const SECRET_HEADERS = ['authorization', 'callback-token', 'cookie'];

/**
 * Cookies with credentials: the load balancer's session of an operator with all its parts, its cookie during sign-in, and
 * the console's cookie.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
 */
const SECRET_COOKIES = [...LOAD_BALANCER_COOKIES, 'AWSALBAuthNonce', CONSOLE_COOKIE.secure];

/** Query parameters of the redirect from the identity provider (RFC 6749 §4.1.2). */
const SECRET_QUERY_ARGUMENTS = ['code', 'state'];

/**
 * Fields that the web ACL hides in logs, match details and samples. It can hide every field except the path. It hides only
 * the headers, cookies and query arguments that are named here.
 * https://docs.aws.amazon.com/waf/latest/APIReference/API_FieldToProtect.html
 */
export const DATA_PROTECTIONS: readonly CfnWebACL.DataProtectProperty[] = [
  { fieldType: 'SINGLE_HEADER', fieldKeys: SECRET_HEADERS },
  { fieldType: 'SINGLE_COOKIE', fieldKeys: SECRET_COOKIES },
  { fieldType: 'QUERY_STRING' },
  { fieldType: 'SINGLE_QUERY_ARGUMENT', fieldKeys: SECRET_QUERY_ARGUMENTS },
  // Bodies contain results, and senders' texts about their tasks.
  { fieldType: 'BODY' },
].map((field) => ({
  field,
  action: 'SUBSTITUTION',
  excludeRuleMatchDetails: false,
  excludeRateBasedDetails: false,
}));

/** Fields that the web ACL redacts in the log. The path is among them: with a plain URL it contains the token or code. */
export const REDACTED_FIELDS = [
  { uriPath: {} },
  { queryString: {} },
  ...SECRET_HEADERS.map((name) => ({ singleHeader: { Name: name } })),
];
