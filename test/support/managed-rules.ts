/** Rule of a managed group, and the label that it adds to a request. */
export interface ManagedRule {
  readonly name: string;
  readonly label: string;
}

const labelled = (namespace: string, rules: Readonly<Record<string, string>>): readonly ManagedRule[] =>
  Object.entries(rules).map(([name, label]) => ({ name, label: `awswaf:managed:aws:${namespace}:${label}` }));

/**
 * Rules of AWS's managed groups, from
 * https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html (2026-11)
 */
export const MANAGED_RULES: Readonly<Record<string, readonly ManagedRule[]>> = {
  AWSManagedRulesAmazonIpReputationList: labelled('amazon-ip-list', {
    AWSManagedIPReputationList: 'AWSManagedIPReputationList',
    AWSManagedReconnaissanceList: 'AWSManagedReconnaissanceList',
    AWSManagedIPDDoSList: 'AWSManagedIPDDoSList',
  }),
  AWSManagedRulesKnownBadInputsRuleSet: labelled('known-bad-inputs', {
    JavaDeserializationRCE_HEADER: 'JavaDeserializationRCE_Header',
    JavaDeserializationRCE_BODY: 'JavaDeserializationRCE_Body',
    JavaDeserializationRCE_URIPATH: 'JavaDeserializationRCE_URIPath',
    JavaDeserializationRCE_QUERYSTRING: 'JavaDeserializationRCE_QueryString',
    Host_localhost_HEADER: 'Host_Localhost_Header',
    PROPFIND_METHOD: 'Propfind_Method',
    ExploitablePaths_URIPATH: 'ExploitablePaths_URIPath',
    Log4JRCE_HEADER: 'Log4JRCE_Header',
    Log4JRCE_QUERYSTRING: 'Log4JRCE_QueryString',
    Log4JRCE_BODY: 'Log4JRCE_Body',
    Log4JRCE_URIPATH: 'Log4JRCE_URIPath',
    ReactJSRCE_BODY: 'ReactJSRCE_Body',
  }),
  AWSManagedRulesCommonRuleSet: labelled('core-rule-set', {
    NoUserAgent_HEADER: 'NoUserAgent_Header',
    UserAgent_BadBots_HEADER: 'BadBots_Header',
    SizeRestrictions_QUERYSTRING: 'SizeRestrictions_QueryString',
    SizeRestrictions_Cookie_HEADER: 'SizeRestrictions_Cookie_Header',
    SizeRestrictions_BODY: 'SizeRestrictions_Body',
    SizeRestrictions_URIPATH: 'SizeRestrictions_URIPath',
    EC2MetaDataSSRF_BODY: 'EC2MetaDataSSRF_Body',
    EC2MetaDataSSRF_COOKIE: 'EC2MetaDataSSRF_Cookie',
    EC2MetaDataSSRF_URIPATH: 'EC2MetaDataSSRF_URIPath',
    EC2MetaDataSSRF_QUERYARGUMENTS: 'EC2MetaDataSSRF_QueryArguments',
    GenericLFI_QUERYARGUMENTS: 'GenericLFI_QueryArguments',
    GenericLFI_URIPATH: 'GenericLFI_URIPath',
    GenericLFI_BODY: 'GenericLFI_Body',
    RestrictedExtensions_URIPATH: 'RestrictedExtensions_URIPath',
    RestrictedExtensions_QUERYARGUMENTS: 'RestrictedExtensions_QueryArguments',
    GenericRFI_QUERYARGUMENTS: 'GenericRFI_QueryArguments',
    GenericRFI_BODY: 'GenericRFI_Body',
    GenericRFI_URIPATH: 'GenericRFI_URIPath',
    CrossSiteScripting_COOKIE: 'CrossSiteScripting_Cookie',
    CrossSiteScripting_QUERYARGUMENTS: 'CrossSiteScripting_QueryArguments',
    CrossSiteScripting_BODY: 'CrossSiteScripting_Body',
    CrossSiteScripting_URIPATH: 'CrossSiteScripting_URIPath',
  }),
  AWSManagedRulesSQLiRuleSet: labelled('sql-database', {
    SQLi_QUERYARGUMENTS: 'SQLi_QueryArguments',
    SQLiExtendedPatterns_QUERYARGUMENTS: 'SQLiExtendedPatterns_QueryArguments',
    SQLi_BODY: 'SQLi_Body',
    SQLiExtendedPatterns_BODY: 'SQLiExtendedPatterns_Body',
    SQLi_COOKIE: 'SQLi_Cookie',
  }),
  AWSManagedRulesAntiDDoSRuleSet: labelled('anti-ddos', {
    ChallengeAllDuringEvent: 'ChallengeAllDuringEvent',
    ChallengeDDoSRequests: 'ChallengeDDoSRequests',
    DDoSRequests: 'DDoSRequests',
  }),
};
