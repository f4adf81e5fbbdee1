import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { CONSOLE_COOKIE, LOAD_BALANCER_COOKIES } from '../../lambda/contract/console-session.ts';

/** Headers that nobody is to read but whom they are for. */
const SECRET_HEADERS = ['authorization', 'callback-token', 'cookie'];

/**
 * Cookies of the load balancer: the session of an operator, in as many parts as it has at most, and the one that lasts while
 * the operator signs in. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
 */
const SECRET_COOKIES = [...LOAD_BALANCER_COOKIES, 'AWSALBAuthNonce', CONSOLE_COOKIE.secure];

/** What the identity provider sends an operator back with (RFC 6749 §4.1.2). */
const SECRET_QUERY_ARGUMENTS = ['code', 'state'];

/**
 * What the web ACL hides of requests wherever it shows one: in logs, with what a rule matched of them, and in samples. It can
 * hide everything but the path. Of single headers, cookies and query arguments it hides those that are named, and no others.
 * https://docs.aws.amazon.com/waf/latest/APIReference/API_FieldToProtect.html
 */
export const DATA_PROTECTIONS: readonly CfnWebACL.DataProtectProperty[] = [
  { fieldType: 'SINGLE_HEADER', fieldKeys: SECRET_HEADERS },
  { fieldType: 'SINGLE_COOKIE', fieldKeys: SECRET_COOKIES },
  { fieldType: 'QUERY_STRING' },
  { fieldType: 'SINGLE_QUERY_ARGUMENT', fieldKeys: SECRET_QUERY_ARGUMENTS },
  // Results, and what senders say about their tasks.
  { fieldType: 'BODY' },
].map((field) => ({
  field,
  action: 'SUBSTITUTION',
  excludeRuleMatchDetails: false,
  excludeRateBasedDetails: false,
}));

/** The same in the log alone, and the path, where tokens and codes stand of processors that are given a URL only. */
export const REDACTED_FIELDS = [
  { uriPath: {} },
  { queryString: {} },
  ...SECRET_HEADERS.map((name) => ({ singleHeader: { Name: name } })),
];
