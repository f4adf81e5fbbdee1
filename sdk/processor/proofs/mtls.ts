import type { Fetch } from '../../shared/platform.ts';
import { bearer, type Proof } from './proof.ts';

export interface MtlsOptions {
  /** The client certificate, with its intermediate certificates. PEM. */
  readonly cert: string | Uint8Array;
  /** The private key of the certificate. PEM. */
  readonly key: string | Uint8Array;
  /**
   * Certificates of the authorities that the gateway's own certificate is checked with. PEM.
   * @default those of the run time
   */
  readonly ca?: string | Uint8Array;
}

/**
 * A client certificate (RFC 8705). Callbacks are sent by `node:https` instead of `fetch`, because `fetch` has no certificates.
 * So it needs Node, or a run time with that module.
 */
export const mtls = ({ ca, cert, key }: MtlsOptions): Proof => {
  const connect = async (): Promise<Fetch> => {
    const [{ Agent, request }, { createSecureContext }] = await Promise.all([
      importFromNode('https'),
      importFromNode('tls'),
    ]);
    const secureContext = createSecureContext({ cert: textOf(cert), key: textOf(key), ...(ca && { ca: textOf(ca) }) });
    const agent = new Agent({ keepAlive: true, secureContext });
    return (url, { body, headers, method = 'GET', signal } = {}) =>
      new Promise((resolve, reject) => {
        const options = { agent, method, headers: Object.fromEntries(new Headers(headers)), ...(signal && { signal }) };
        const outgoing = request(url, options, (incoming) => {
          const chunks: Uint8Array[] = [];
          incoming
            .on('data', (chunk: Uint8Array) => chunks.push(chunk))
            .on('error', reject)
            .on('end', async () => {
              const status = incoming.statusCode ?? 0;
              const lines = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
                values.map((value): [string, string] => [name, value]),
              );
              const content = await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer();
              resolve(new Response(isWithoutBody(status) ? null : content, { status, headers: lines }));
            });
        });
        outgoing.on('error', reject).end(body);
      });
  };
  let connected: Promise<Fetch> | undefined;
  const open = (): Promise<Fetch> => {
    connected ??= connect().catch(() => {
      throw new TypeError(
        'The client certificate cannot be used: cert and key are not PEM, do not belong together, or the run time has no node:https.',
      );
    });
    return connected;
  };
  return {
    needsToken: false,
    headers: async (request) => {
      if (!request.url.startsWith('https:')) {
        throw new TypeError(
          'A client certificate needs a callback URL with https. Give the URL exactly as you got it.',
        );
      }
      // A certificate that cannot be used is no error of the network, which would be tried again.
      await open();
      return bearer(request);
    },
    fetch: async (url, init) => (await open())(url, init),
  };
};

interface NodeModules {
  readonly https: typeof import('node:https');
  readonly tls: typeof import('node:tls');
}

/** The name is no literal: a bundler for browsers or workers, which do not have the module, would refuse the whole package. */
const importFromNode = <N extends keyof NodeModules>(name: N): Promise<NodeModules[N]> =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ `node:${name}`);

/** Node's TLS takes text, or bytes of its own class. */
const textOf = (pem: string | Uint8Array): string => (typeof pem === 'string' ? pem : new TextDecoder().decode(pem));

const isWithoutBody = (status: number): boolean => status === 204 || status === 205 || status === 304;
