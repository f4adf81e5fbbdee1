import { hostExpression, MAX_CONDITION_VALUE_CHARS } from '../names.ts';
import type { ExistingNetwork, MutualTls, ObjectInS3, PrivateLink } from './edge.ts';
import { DEFAULT_MUTUAL_TLS_PORT, MUTUAL_TLS_MODES } from './edge.ts';
import type { AwsEnvironmentInput } from './environment.ts';
import { objectsOf, type Problems } from './errors.ts';

const MIN_REASON_CHARS = 20;

const isReason = (text: unknown): boolean => typeof text === 'string' && text.trim().length >= MIN_REASON_CHARS;

/** Checks how an environment on AWS is reached. */
export const checkDoor = (problems: Problems, input: AwsEnvironmentInput): void => {
  const { availabilityZones, domain, mutualTls, network, privateLink } = input;
  if (network !== undefined) checkNetwork(problems, network, listed(availabilityZones).length);
  if (mutualTls !== undefined) checkMutualTls(problems, mutualTls, domain);
  if (privateLink !== undefined) checkPrivateLink(problems, privateLink, input);
  checkTokensInUrls(problems, input);
};

const checkNetwork = (problems: Problems, network: ExistingNetwork, zones: number): void => {
  const remedy = 'Set them, or take `network` out for a network of its own.';
  if (!problems.object('network', network, 'an object with vpcId, publicSubnetIds and ipv6', remedy)) return;
  const { ipv6, publicSubnetIds, vpcId } = network;
  problems.properties('network', network, ['vpcId', 'publicSubnetIds', 'ipv6']);
  problems.text(
    'network.vpcId',
    vpcId,
    /^vpc-[0-9a-f]{8,17}$/,
    'the id of a VPC, as vpc-0123456789abcdef0',
    'Correct the id.',
  );
  problems.expect(
    Array.isArray(publicSubnetIds) && new Set(publicSubnetIds).size === zones && publicSubnetIds.length === zones,
    'network.publicSubnetIds',
    publicSubnetIds,
    `a list of ${zones} different subnets, one public subnet for each zone of \`availabilityZones\``,
    'List as many subnets as there are zones, in the same order.',
  );
  for (const [i, id] of listed(publicSubnetIds).entries()) {
    problems.text(
      `network.publicSubnetIds.${i}`,
      id,
      /^subnet-[0-9a-f]{8,17}$/,
      'the id of a subnet, as subnet-0123456789abcdef0',
      'Correct the id.',
    );
  }
  problems.oneOf(
    'network.ipv6',
    ipv6,
    [true, false],
    'Write true where the subnets have IPv6 addresses, and false where they have not.',
  );
};

const checkMutualTls = (problems: Problems, mutualTls: MutualTls, domain: string): void => {
  const modes = 'Choose who checks certificates: the load balancer (`verify`) or the gateway (`passthrough`).';
  if (!problems.object('mutualTls', mutualTls, 'an object', modes)) return;
  const {
    authorities,
    mode = 'verify',
    port = DEFAULT_MUTUAL_TLS_PORT,
    revocations = [],
    unverifiedBecause,
  } = mutualTls;
  problems.properties('mutualTls', mutualTls, ['port', 'mode', 'unverifiedBecause', 'authorities', 'revocations']);
  problems.oneOf('mutualTls.mode', mode, MUTUAL_TLS_MODES, modes);
  problems.expect(
    Number.isInteger(port) && port >= 1 && port <= 65_535,
    'mutualTls.port',
    port,
    'the number of a port, from 1 to 65535',
    'Give a port that processors can reach.',
  );
  problems.expect(
    port !== 443,
    'mutualTls.port',
    port,
    'another port than 443, whose listener must not ask browsers and senders for certificates',
    `Take \`port\` out: it is ${DEFAULT_MUTUAL_TLS_PORT} then.`,
  );
  problems.expect(
    hostExpression(`${domain}`, port).length <= MAX_CONDITION_VALUE_CHARS,
    'domain',
    domain,
    `a domain so short that a condition of a listener rule, ${MAX_CONDITION_VALUE_CHARS} characters, can hold it with the port of \`mutualTls\``,
    'Take a shorter domain, or take `mutualTls` out.',
  );
  problems.expect(
    (mode === 'verify') === (authorities !== undefined),
    'mutualTls.authorities',
    authorities,
    'an object in S3 with `verify`, and nothing with `passthrough`',
    "Put the certificates of your processors' authorities into a bucket and name that object, or take `authorities` out.",
  );
  problems.expect(
    mode === 'verify' || listed(revocations).length === 0,
    'mutualTls.revocations',
    revocations,
    'no revocation list with `passthrough`, which does not use any',
    "Take `revocations` out, or use the mode 'verify'.",
  );
  problems.expect(
    mode === 'passthrough' ? isReason(unverifiedBecause) : unverifiedBecause === undefined,
    'mutualTls.unverifiedBecause',
    unverifiedBecause,
    `a reason of ${MIN_REASON_CHARS} characters at least with \`passthrough\`, and none with \`verify\``,
    'Let the load balancer verify the certificates, which is the default, or say why it cannot.',
  );
  if (authorities !== undefined) checkObject(problems, 'mutualTls.authorities', authorities);
  problems.array('mutualTls.revocations', revocations, 'a list of objects in S3', 'Write the objects in brackets.');
  for (const [i, list] of (listed(revocations) as readonly ObjectInS3[]).entries())
    checkObject(problems, `mutualTls.revocations.${i}`, list);
};

const checkObject = (problems: Problems, at: string, object: ObjectInS3): void => {
  if (!problems.object(at, object, 'an object with bucketName and key', 'Name the bucket and the key of the object.'))
    return;
  problems.properties(at, object, ['bucketName', 'key', 'version']);
  problems.handedOn(
    `${at}.bucketName`,
    object.bucketName,
    /^[a-z0-9.-]{3,63}$/,
    'the name of a bucket',
    'Correct the name.',
  );
  problems.handedOn(
    `${at}.key`,
    object.key,
    /^.{1,1024}$/,
    'the key of an object: 1 to 1024 characters',
    'Name the object.',
  );
};

/** The entries of a list. Another problem says it where the value is no list. */
const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const PRINCIPAL = /^arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)\/.+)$/;

const checkPrivateLink = (
  problems: Problems,
  privateLink: PrivateLink,
  { countries, processors }: Pick<AwsEnvironmentInput, 'countries' | 'processors'>,
): void => {
  const remedy = 'List the accounts of the processors, as arn:aws:iam::123456789012:root, or take `privateLink` out.';
  if (!problems.object('privateLink', privateLink, 'an object with acceptedPrincipals', remedy)) return;
  problems.properties('privateLink', privateLink, ['acceptedPrincipals']);
  const { acceptedPrincipals } = privateLink;
  problems.expect(
    Array.isArray(acceptedPrincipals) && acceptedPrincipals.length > 0,
    'privateLink.acceptedPrincipals',
    acceptedPrincipals,
    'a list of one or more principals that may connect',
    remedy,
  );
  for (const [i, principal] of listed(acceptedPrincipals).entries()) {
    problems.handedOn(
      `privateLink.acceptedPrincipals.${i}`,
      principal,
      PRINCIPAL,
      'the ARN of an account, a role or a user, and not *, which means everybody',
      'Write for instance arn:aws:iam::123456789012:root.',
    );
  }
  problems.expect(
    typeof countries !== 'object' || countries === null || !('only' in countries),
    'countries',
    countries,
    'no `only` together with `privateLink`, because its callers have private addresses, which belong to no country',
    'Use `except`, with the countries to refuse, or take `privateLink` out.',
  );
  for (const [id, { sourceRanges }] of objectsOf(processors)) {
    problems.expect(
      sourceRanges === undefined,
      `processors.${id}.sourceRanges`,
      sourceRanges,
      'no source ranges together with `privateLink`, which hides the address of the caller',
      'Take `sourceRanges` out, or take `privateLink` out.',
    );
  }
};

/** A token in a URL is in the load balancer's access logs, so a protected environment must give a reason for it. */
const checkTokensInUrls = (problems: Problems, input: AwsEnvironmentInput): void => {
  const { processors, protected: isProtected, tokensInUrls } = input;
  problems.expect(
    tokensInUrls === undefined || isReason(tokensInUrls),
    'tokensInUrls',
    tokensInUrls,
    `a reason in ${MIN_REASON_CHARS} characters or more`,
    'Write why these processors cannot send a header.',
  );
  if (!isProtected || tokensInUrls !== undefined) return;
  for (const [id, { carriers, proof }] of objectsOf(processors)) {
    problems.expect(
      !((proof?.kind ?? 'none') === 'none' && listed(carriers).includes('path')),
      `processors.${id}.carriers`,
      carriers,
      'no carrier `path` without a proof in a protected environment, because access logs hold such tokens',
      'Use the carrier `header` or `short`, or write in `tokensInUrls` why that is not possible.',
    );
  }
};
