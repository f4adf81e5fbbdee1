/**
 * Rules of AWS's groups that look at a body, a size, a method or an agent, as AWS lists them:
 * https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html (2026-11)
 */
export const MANAGED_RULES: Readonly<Record<string, readonly string[]>> = {
  AWSManagedRulesAmazonIpReputationList: [],
  AWSManagedRulesKnownBadInputsRuleSet: [
    'JavaDeserializationRCE_BODY',
    'Log4JRCE_BODY',
    'PROPFIND_METHOD',
    'ReactJSRCE_BODY',
  ],
  AWSManagedRulesCommonRuleSet: [
    'CrossSiteScripting_BODY',
    'EC2MetaDataSSRF_BODY',
    'GenericLFI_BODY',
    'GenericRFI_BODY',
    'NoUserAgent_HEADER',
    'SizeRestrictions_BODY',
    'SizeRestrictions_Cookie_HEADER',
    'SizeRestrictions_QUERYSTRING',
    'SizeRestrictions_URIPATH',
    'UserAgent_BadBots_HEADER',
  ],
  AWSManagedRulesSQLiRuleSet: ['SQLiExtendedPatterns_BODY', 'SQLi_BODY'],
};
