import { MAX_COMMON_NAME_CHARS } from '../../../lambda/contract/environments.ts';
import { hostExpression, MAX_CONDITION_VALUE_CHARS } from '../../names.ts';
import { isLoadBalancerOfDomain } from './network-door.ts';
import type { Rule } from './rule.ts';

/** ACM and listener rules limit the length of the name. */
export const domainFits: Rule = (entries, errors) => {
  const { certificateArn, domain, mutualTls } = entries;
  if (domain === undefined || !isLoadBalancerOfDomain(entries)) return;
  const [most, because, remedy] =
    certificateArn === undefined
      ? [MAX_COMMON_NAME_CHARS, 'ACM requests a certificate for it', 'Take a shorter domain, or set `certificateArn`.']
      : [MAX_CONDITION_VALUE_CHARS, 'a listener rule names it', 'Take a shorter domain.'];
  errors.expect(domain.length <= most, 'domain', domain, `at most ${most} characters, because ${because}`, remedy);
  if (mutualTls?.port === undefined) return;
  errors.expect(
    hostExpression(domain, mutualTls.port).length <= MAX_CONDITION_VALUE_CHARS,
    'domain',
    domain,
    `a domain so short that it fits with the port of \`mutualTls\` into a condition of a listener rule, ${MAX_CONDITION_VALUE_CHARS} characters`,
    'Take a shorter domain, or remove `mutualTls`.',
  );
};

/** The load balancer needs a certificate, and ACM a zone to validate a new one in. */
export const domainHasCertificate: Rule = (entries, errors) => {
  const { certificateArn, domain, hostedZone, runsOn } = entries;
  if (runsOn !== 'aws') return;
  errors.expect(
    certificateArn !== undefined || hostedZone !== undefined || !isLoadBalancerOfDomain(entries),
    'certificateArn',
    certificateArn,
    'a certificate, or `hostedZone`, in which ACM validates a new one',
    'Set `certificateArn` or `hostedZone`.',
  );
  if (domain === undefined || hostedZone?.name === undefined) return;
  errors.expect(
    domain === hostedZone.name || domain.endsWith(`.${hostedZone.name}`),
    'hostedZone.name',
    hostedZone.name,
    `the name of a zone that contains ${domain}`,
    'Write the name of the zone without a dot at its end, or correct `domain`.',
  );
};
