import { MAX_COMMON_NAME_CHARS } from '../../../lambda/contract/environments.ts';
import { MAX_CONDITION_VALUE_CHARS } from '../../names.ts';
import type { Rule, ValidEntries } from './rule.ts';

const BACK = "or use `ingress: { kind: 'application' }`.";

/** True if the network door is the only way in, or one of the two ways of a switch. */
const isNetworkDoor = ({ ingress }: ValidEntries): boolean => ingress?.kind === 'network';

/** True if a load balancer serves the domain. */
export const isLoadBalancerOfDomain = ({ ingress }: ValidEntries): boolean =>
  ingress?.kind !== 'network' || ('switching' in ingress && ingress.switching !== undefined);

/** True if the environment has a console. */
export const hasConsole = (entries: ValidEntries): boolean =>
  isLoadBalancerOfDomain(entries) || (entries.ingress?.kind === 'network' && entries.ingress.console !== undefined);

/** Settings of the load balancer and of its web ACL mean nothing for requests through the network door. */
export const networkDoorHasSettings: Rule = (entries, errors) => {
  const { antiDdos, certificateArn, countries, mutualTls, privateLink, runsOn, shield } = entries;
  if (runsOn !== 'aws' || !isNetworkDoor(entries)) return;
  errors.expect(
    mutualTls === undefined,
    'mutualTls',
    mutualTls,
    'no `mutualTls` together with the network door, which asks no caller for a certificate',
    `Give those processors another proof, for instance \`dpop\` or \`http_signature\`, and remove \`mutualTls\`; ${BACK}`,
  );
  errors.expect(
    privateLink === undefined,
    'privateLink',
    privateLink,
    'no `privateLink` together with the network door, whose endpoint service Postern does not make',
    `Let those processors use the internet and remove \`privateLink\`; ${BACK}`,
  );
  errors.expect(
    countries === undefined,
    'countries',
    countries,
    'no `countries` together with the network door, which does not know the country of an address',
    `Give the processors \`sourceRanges\` and remove \`countries\`; ${BACK}`,
  );
  errors.expect(
    antiDdos !== true,
    'antiDdos',
    antiDdos,
    'no `antiDdos` together with the network door, because the rule group belongs to AWS WAF',
    `Remove \`antiDdos\`; \`rateLimits\` holds for the network door too; ${BACK}`,
  );
  errors.expect(
    certificateArn === undefined || isLoadBalancerOfDomain(entries),
    'certificateArn',
    certificateArn,
    'no `certificateArn` together with the network door, which needs the key of its certificate',
    'Remove it: `ingress.certificateSecretName` names the certificate of the domain, and `ingress.console.certificateArn` that of the console.',
  );
  errors.expect(
    shield === undefined || typeof shield === 'string' || shield.mitigation !== 'block' || hasConsole(entries),
    'shield.mitigation',
    typeof shield === 'object' ? shield.mitigation : undefined,
    "'count' or 'none' with the network door, because Shield Advanced mitigates attacks by HTTP at a load balancer only",
    'Remove `mitigation`: Shield Advanced then protects the addresses of the network door, against attacks by volume.',
  );
};

/** The console of the network door has a name and a certificate of its own. */
export const doorConsoleHasPlace: Rule = ({ domain, hostedZone, ingress, runsOn }, errors) => {
  if (runsOn !== 'aws' || ingress?.kind !== 'network') return;
  const console = ingress.console;
  if (console === undefined || !('domain' in console) || console.domain === undefined) return;
  const { certificateArn } = console;
  const at = 'ingress.console';
  errors.expect(
    console.domain !== domain,
    `${at}.domain`,
    console.domain,
    'another name than `domain`, whose address is that of the network door',
    `Write for instance console.${domain}.`,
  );
  errors.expect(
    certificateArn !== undefined || hostedZone !== undefined,
    `${at}.certificateArn`,
    certificateArn,
    'a certificate, or `hostedZone`, in which ACM validates a new one',
    `Set \`${at}.certificateArn\` or \`hostedZone\`.`,
  );
  errors.expect(
    hostedZone?.name === undefined || console.domain.endsWith(`.${hostedZone.name}`),
    `${at}.domain`,
    console.domain,
    `a name in the zone ${hostedZone?.name}, which gets its address`,
    `Write for instance console.${hostedZone?.name}.`,
  );
  const [most, because] =
    certificateArn === undefined
      ? [MAX_COMMON_NAME_CHARS, 'ACM requests a certificate for it']
      : [MAX_CONDITION_VALUE_CHARS, 'a listener rule names it'];
  errors.expect(
    console.domain.length <= most,
    `${at}.domain`,
    console.domain,
    `at most ${most} characters, because ${because}`,
    'Take a shorter name.',
  );
};
