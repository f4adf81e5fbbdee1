import { LOOPBACK_ORIGIN } from '../proofs.ts';
import { forEachProcessor } from './rule.ts';

/** The gateway calls these addresses: only of this machine in `local`, and only whole URLs in a protected environment. */
export const webhookOrigins = forEachProcessor(({ proof }, at, { protected: isProtected, runsOn }, errors) => {
  if (proof?.kind !== 'webhook' || runsOn === undefined) return;
  const isLocal = runsOn === 'this-machine';
  for (const [index, entry] of (proof.origins ?? []).entries()) {
    const { origin } = new URL(entry);
    const isReachable = LOOPBACK_ORIGIN.test(origin) === isLocal;
    errors.expect(
      isReachable,
      `${at}.proof.origins.${index}`,
      entry,
      isLocal
        ? 'http://127.0.0.1 and a port, with a path or without'
        : 'https:// and a host name in lower case, with a port unless it is 443, with a path or without',
      'Copy the URL that the processor sends.',
    );
    errors.expect(
      !isReachable || isProtected !== true || origin !== entry,
      `${at}.proof.origins.${index}`,
      entry,
      'a URL with a path, because the environment is protected, and an origin alone allows every URL of it',
      'Copy the whole URL that the processor sends, as https://callbacks.acme.example/confirm.',
    );
  }
});
