import { Description } from '../show.ts';
import { forEachProcessor, type Rule } from './rule.ts';

/** Each mode has entries that it needs, and entries that it does not use. */
export const mutualTlsMode: Rule = ({ mutualTls }, errors) => {
  if (mutualTls?.mode === undefined) return;
  const { authorities, mode, revocations = [], unverifiedBecause } = mutualTls;
  errors.expect(
    (mode === 'verify') === (authorities !== undefined),
    'mutualTls.authorities',
    authorities,
    'an object in S3 with `verify`, and nothing with `passthrough`',
    "Put the certificates of your processors' authorities into a bucket and name that object, or remove `authorities`.",
  );
  errors.expect(
    mode === 'verify' || revocations.length === 0,
    'mutualTls.revocations',
    revocations,
    'no revocation list with `passthrough`, which does not use any',
    "Remove `revocations`, or use the mode 'verify'.",
  );
  errors.expect(
    (mode === 'passthrough') === (unverifiedBecause !== undefined),
    'mutualTls.unverifiedBecause',
    unverifiedBecause,
    'a reason with `passthrough`, and none with `verify`',
    'Let the load balancer verify the certificates, which is the default, or explain why it cannot.',
  );
};

/** A client certificate needs a listener that asks for it. */
export const mutualTlsForCertificates = forEachProcessor(({ proof }, at, { mutualTls }, errors) => {
  errors.expect(
    proof?.kind !== 'mtls' || mutualTls !== undefined,
    `${at}.proof`,
    new Description('asks for a client certificate, and no listener of this environment does'),
    '`mutualTls` in this environment',
    'Set `mutualTls`, or use another proof; the environment `local` cannot have it.',
  );
});
