import { MAX_CALLBACK_URL_BYTES } from '../../lambda/contract/limits.ts';
import { MAX_CONDITION_VALUE_CHARS } from '../edge/host-condition.ts';
import type { AwsEnvironmentInput } from '../environment.ts';
import { longestCallbackUrl } from './callback-url.ts';
import { checkRegionalArn } from './check-regional-arn.ts';
import type { Problems } from './problem.ts';

/**
 * Longest name that ACM takes for the subject of a certificate (RFC 5280, `ub-common-name`).
 * https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
 */
const MAX_COMMON_NAME_CHARS = 64;

/** Checks the name of an environment on AWS, and that there is a certificate for it. */
export const checkDomain = (problems: Problems, input: AwsEnvironmentInput): void => {
  const { domain, certificateArn, hostedZone, region, ownerClaim = false } = input;
  problems.text(
    'domain',
    domain,
    /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    'a host name in lower case that ends in letters alone, without scheme, port and path',
    'Write the name alone, as callbacks.example.com.',
  );
  const [most, named, remedy] =
    certificateArn === undefined
      ? [MAX_COMMON_NAME_CHARS, 'a certificate that is requested', 'Take a shorter domain, or give a certificate.']
      : [MAX_CONDITION_VALUE_CHARS, 'a rule of the listener', 'Take a shorter domain.'];
  problems.expect(`${domain}`.length <= most, 'domain', domain, `at most ${most} characters, for ${named}`, remedy);
  const longest = Math.max(
    0,
    ...Object.values(input.processors ?? {}).flatMap(({ carriers, proof }) =>
      (Array.isArray(carriers) ? carriers : []).map((one) =>
        longestCallbackUrl(one, `https://${domain}`, ownerClaim, proof?.kind === 'mtls'),
      ),
    ),
  );
  problems.expect(
    longest < MAX_CALLBACK_URL_BYTES,
    'domain',
    domain,
    `a name so short that every callback URL stays under ${MAX_CALLBACK_URL_BYTES} bytes, and the longest has ${longest}`,
    'Take a shorter domain, switch `ownerClaim` off, or leave the carrier `path` to nobody.',
  );
  problems.expect(
    certificateArn !== undefined || hostedZone !== undefined,
    'certificateArn',
    certificateArn,
    'a certificate, or a hosted zone to have one validated in',
    'Set `certificateArn`, or `hostedZone`.',
  );
  if (certificateArn !== undefined) checkRegionalArn(problems, 'certificateArn', certificateArn, 'acm', region);
  if (hostedZone !== undefined) {
    problems.handedOn(
      'hostedZone.id',
      hostedZone.id,
      /^Z[A-Z0-9]{1,31}$/,
      'the id of a hosted zone',
      'Correct the id.',
    );
    problems.expect(
      domain === hostedZone.name || `${domain}`.endsWith(`.${hostedZone.name}`),
      'hostedZone.name',
      hostedZone.name,
      `a zone that ${domain} is in`,
      'Name the zone that the domain belongs to, without a dot at its end.',
    );
  }
};
