import { hostExpression, MAX_CONDITION_VALUE_CHARS } from '../edge/host-condition.ts';
import type { AwsEnvironmentInput } from '../environment.ts';
import type { ExistingNetwork, MutualTls, ObjectInS3, PrivateLink } from './edge.ts';
import { DEFAULT_MUTUAL_TLS_PORT, MUTUAL_TLS_MODES } from './edge.ts';
import type { Problems } from './problem.ts';

const MIN_REASON_CHARS = 20;

/** Checks how an environment on AWS is reached. */
export const checkDoor = (problems: Problems, input: AwsEnvironmentInput): void => {
  const { availabilityZones, domain, mutualTls, network, privateLink } = input;
  if (network !== undefined) checkNetwork(problems, network, availabilityZones?.length);
  if (mutualTls !== undefined) checkMutualTls(problems, mutualTls, domain);
  if (privateLink !== undefined) checkPrivateLink(problems, privateLink, input);
  checkTokensInUrls(problems, input);
};

const checkNetwork = (problems: Problems, network: ExistingNetwork, zones: number): void => {
  const { ipv6, publicSubnetIds, vpcId } = network;
  problems.properties('network', network, ['vpcId', 'publicSubnetIds', 'ipv6']);
  problems.text('network.vpcId', vpcId, /^vpc-[0-9a-f]{8,17}$/, 'the id of a VPC', 'Correct the id.');
  problems.expect(
    Array.isArray(publicSubnetIds) && new Set(publicSubnetIds).size === zones && publicSubnetIds.length === zones,
    'network.publicSubnetIds',
    publicSubnetIds,
    `one public subnet of its own for each of the ${zones} zones in \`availabilityZones\``,
    'Name as many subnets as zones, in the same order.',
  );
  for (const [i, id] of listed(publicSubnetIds).entries()) {
    problems.text(
      `network.publicSubnetIds.${i}`,
      id,
      /^subnet-[0-9a-f]{8,17}$/,
      'the id of a subnet',
      'Correct the id.',
    );
  }
  problems.oneOf('network.ipv6', ipv6, [true, false], 'Say whether the subnets have IPv6 addresses.');
};

const checkMutualTls = (problems: Problems, mutualTls: MutualTls, domain: string): void => {
  const { authorities, mode, port = DEFAULT_MUTUAL_TLS_PORT, revocations = [] } = mutualTls;
  problems.properties('mutualTls', mutualTls, ['port', 'mode', 'authorities', 'revocations']);
  problems.oneOf('mutualTls.mode', mode, MUTUAL_TLS_MODES, 'Say who decides about certificates.');
  problems.integer('mutualTls.port', port, { min: 1, max: 65_535 }, 'a port', 'Give a port that processors can reach.');
  problems.expect(
    port !== 443,
    'mutualTls.port',
    port,
    'a port of its own: the listener on 443 must not ask browsers and senders for certificates',
    `Leave it out for ${DEFAULT_MUTUAL_TLS_PORT}.`,
  );
  problems.expect(
    hostExpression(`${domain}`, port).length <= MAX_CONDITION_VALUE_CHARS,
    'domain',
    domain,
    `a name so short that an expression of ${MAX_CONDITION_VALUE_CHARS} characters can name it with the port of \`mutualTls\``,
    'Take a shorter domain, or take `mutualTls` out.',
  );
  problems.expect(
    (mode === 'verify') === (authorities !== undefined),
    'mutualTls.authorities',
    authorities,
    'the certificates of the authorities with `verify`, and none with `passthrough`',
    'Put the authorities of your processors into a bucket and name the object, or take them out.',
  );
  problems.expect(
    mode === 'verify' || revocations.length === 0,
    'mutualTls.revocations',
    revocations,
    'no list with `passthrough`: nothing is held against it',
    'Take the lists out, or let the load balancer verify.',
  );
  if (authorities !== undefined) checkObject(problems, 'mutualTls.authorities', authorities);
  for (const [i, list] of revocations.entries()) checkObject(problems, `mutualTls.revocations.${i}`, list);
};

const checkObject = (problems: Problems, at: string, object: ObjectInS3): void => {
  problems.properties(at, object, ['bucketName', 'key', 'version']);
  problems.handedOn(`${at}.bucketName`, object.bucketName, /^[a-z0-9.-]{3,63}$/, 'the name of a bucket', 'Correct it.');
  problems.handedOn(`${at}.key`, object.key, /^.{1,1024}$/, 'the key of an object', 'Name the object.');
};

/** The items of what should be a list; that it is none is a problem of its own. */
const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const PRINCIPAL = /^arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)\/.+)$/;

const checkPrivateLink = (
  problems: Problems,
  privateLink: PrivateLink,
  { countries, processors }: Pick<AwsEnvironmentInput, 'countries' | 'processors'>,
): void => {
  problems.properties('privateLink', privateLink, ['acceptedPrincipals']);
  const { acceptedPrincipals } = privateLink;
  problems.expect(
    Array.isArray(acceptedPrincipals) && acceptedPrincipals.length > 0,
    'privateLink.acceptedPrincipals',
    acceptedPrincipals,
    'one principal at least: an endpoint service that nobody may ask for is none',
    'Name the accounts of the processors, as arn:aws:iam::123456789012:root, or take `privateLink` out.',
  );
  for (const [i, principal] of listed(acceptedPrincipals).entries()) {
    problems.handedOn(
      `privateLink.acceptedPrincipals.${i}`,
      principal,
      PRINCIPAL,
      'the ARN of an account, a role or a user, never everybody',
      'Write for instance arn:aws:iam::123456789012:root.',
    );
  }
  problems.expect(
    countries === undefined || !('only' in countries),
    'countries',
    countries,
    'no `only` together with `privateLink`, whose callers come from addresses of no country',
    'Name the countries that nobody may come from in `except`, or take `privateLink` out.',
  );
  for (const [id, { sourceRanges }] of Object.entries(processors ?? {})) {
    problems.expect(
      sourceRanges === undefined,
      `processors.${id}.sourceRanges`,
      sourceRanges,
      'no ranges together with `privateLink`, which hides where a callback comes from',
      'Take the ranges out, or `privateLink`.',
    );
  }
};

/** A token in a URL is in the load balancer's access logs: where it matters, somebody has to have thought about it. */
const checkTokensInUrls = (problems: Problems, input: AwsEnvironmentInput): void => {
  const { processors, protected: isProtected, tokensInUrls } = input;
  problems.expect(
    tokensInUrls === undefined || (typeof tokensInUrls === 'string' && tokensInUrls.trim().length >= MIN_REASON_CHARS),
    'tokensInUrls',
    tokensInUrls,
    `a reason of ${MIN_REASON_CHARS} characters at least`,
    'Say why these processors cannot send a header.',
  );
  if (!isProtected || tokensInUrls !== undefined) return;
  for (const [id, { carriers, proof }] of Object.entries(processors ?? {})) {
    problems.expect(
      !((proof?.kind ?? 'none') === 'none' && carriers?.includes('path')),
      `processors.${id}.carriers`,
      carriers,
      'no carrier `path` without a proof in a protected environment: such tokens stand in access logs',
      'Use `header` or `short`, or say in `tokensInUrls` why it has to be.',
    );
  }
};
