import { MAX_CALLBACK_URL_BYTES } from '../../lambda/contract/limits.ts';
import { MAX_CONDITION_VALUE_CHARS } from '../names.ts';
import { longestCallbackUrl } from './callback-url.ts';
import { checkRegionalArn } from './check-regional-arn.ts';
import type { AwsEnvironmentInput } from './environment.ts';
import { objectsOf, type Problems } from './errors.ts';

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
    'a host name in lower case whose last label has letters only, without scheme, port and path',
    'Write only the name, as callbacks.example.com.',
  );
  const [most, because, remedy] =
    certificateArn === undefined
      ? [MAX_COMMON_NAME_CHARS, 'ACM requests a certificate for it', 'Take a shorter domain, or set `certificateArn`.']
      : [MAX_CONDITION_VALUE_CHARS, 'a listener rule names it', 'Take a shorter domain.'];
  problems.expect(
    `${domain}`.length <= most,
    'domain',
    domain,
    `at most ${most} characters, because ${because}`,
    remedy,
  );
  const longest = Math.max(
    0,
    ...objectsOf(input.processors).flatMap(([, { carriers, proof }]) =>
      (Array.isArray(carriers) ? carriers : []).map((one) =>
        longestCallbackUrl(one, `https://${domain}`, ownerClaim, proof?.kind === 'mtls'),
      ),
    ),
  );
  problems.expect(
    longest < MAX_CALLBACK_URL_BYTES,
    'domain',
    domain,
    `a domain so short that every callback URL has fewer than ${MAX_CALLBACK_URL_BYTES} bytes; the longest has ${longest}`,
    'Take a shorter domain, set `ownerClaim` to false, or take the carrier `path` out of every processor.',
  );
  problems.expect(
    certificateArn !== undefined || hostedZone !== undefined,
    'certificateArn',
    certificateArn,
    'a certificate, or `hostedZone`, in which ACM validates a new one',
    'Set `certificateArn` or `hostedZone`.',
  );
  if (certificateArn !== undefined) checkRegionalArn(problems, 'certificateArn', certificateArn, 'acm', region);
  const zoneRemedy = '`aws route53 list-hosted-zones` lists the zones with their ids.';
  if (hostedZone !== undefined && problems.object('hostedZone', hostedZone, 'an object with id and name', zoneRemedy)) {
    problems.properties('hostedZone', hostedZone, ['id', 'name']);
    problems.handedOn(
      'hostedZone.id',
      hostedZone.id,
      /^Z[A-Z0-9]{1,31}$/,
      'the id of a hosted zone, as Z0123456789ABCDEFGHIJ',
      zoneRemedy,
    );
    problems.expect(
      domain === hostedZone.name || `${domain}`.endsWith(`.${hostedZone.name}`),
      'hostedZone.name',
      hostedZone.name,
      `the name of a zone that ${domain} belongs to`,
      'Write the name of the zone without a dot at its end, or correct `domain`.',
    );
  }
};
