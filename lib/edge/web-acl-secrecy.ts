import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';

/** Headers that nobody is to read but whom they are for. */
const SECRET_HEADERS = ['authorization', 'callback-token', 'cookie'];

/**
 * What the web ACL hides of requests wherever it shows one: in logs, with what a rule matched of them, and in samples. It can
 * hide everything but the path.
 * https://docs.aws.amazon.com/waf/latest/APIReference/API_DataProtectionConfig.html
 */
export const HIDDEN: readonly CfnWebACL.DataProtectProperty[] = [
  { fieldType: 'SINGLE_HEADER', fieldKeys: SECRET_HEADERS },
  { fieldType: 'SINGLE_COOKIE' },
  { fieldType: 'QUERY_STRING' },
  { fieldType: 'SINGLE_QUERY_ARGUMENT' },
  // Results, and what senders say about their tasks.
  { fieldType: 'BODY' },
].map((field) => ({
  field,
  action: 'SUBSTITUTION',
  excludeRuleMatchDetails: false,
  excludeRateBasedDetails: false,
}));

/** The same in the log alone, and the path, where tokens and codes stand of processors that are given a URL only. */
export const REDACTED = [
  { uriPath: {} },
  { queryString: {} },
  ...SECRET_HEADERS.map((name) => ({ singleHeader: { Name: name } })),
];
