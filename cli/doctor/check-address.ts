import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { COMMAND_LINE } from '../../lambda/contract/sdk-limits.ts';
import type { Problem } from './problem.ts';

const DAY = 86_400_000;

export interface AddressCheck {
  readonly problems: readonly Problem[];
  /** False if no request can reach the address. */
  readonly isReachable: boolean;
}

/**
 * Checks the name, the connection and the certificate of an address. Nothing is sent to it.
 * @param role what the address is, for people: `gateway` or `issuer`
 */
export const checkAddress = async (role: string, address: string, now: () => number): Promise<AddressCheck> => {
  const { hostname, port: written, protocol } = new URL(address);
  const host = hostname.replace(/^\[|\]$/g, '');
  const port = Number(written || (protocol === 'https:' ? 443 : 80));
  const nameProblem = await checkName(role, host);
  if (nameProblem !== undefined) return unreachable(nameProblem);
  try {
    if (protocol === 'https:') return await checkCertificate(role, host, port, now);
    (await connected(connectTcp({ host, port }), 'connect')).destroy();
    return WELL;
  } catch (error) {
    return unreachable(connectionProblem(role, host, port, error));
  }
};

const WELL: AddressCheck = { problems: [], isReachable: true };

const unreachable = (problem: Problem): AddressCheck => ({ problems: [problem], isReachable: false });

const checkName = async (role: string, host: string): Promise<Problem | undefined> => {
  if (isIP(host) !== 0) return undefined;
  try {
    await lookup(host);
    return undefined;
  } catch (error) {
    return {
      check: 'dns',
      message: `The name ${host} of the ${role} has no address (${codeOf(error)}).`,
      remedy: 'Check the spelling in the profile, your network or VPN, and the record in the DNS zone.',
    };
  }
};

const connectionProblem = (role: string, host: string, port: number, error: unknown): Problem => {
  const code = codeOf(error);
  if (/^(ERR_SSL|EPROTO)/.test(code)) {
    return {
      check: 'tls',
      message: `The ${role} ${host} port ${port} does not speak TLS 1.2 or later (${code}).`,
      remedy: 'Check the port, and that no proxy is in between.',
    };
  }
  return {
    check: 'connection',
    message: `The ${role} ${host} accepts no connection on port ${port} (${code}).`,
    remedy:
      code === 'ECONNREFUSED'
        ? 'Check the port in the profile, and that the gateway or provider runs.'
        : 'Check your network or VPN, and whether a firewall or an allow list keeps you out.',
  };
};

const checkCertificate = async (role: string, host: string, port: number, now: () => number): Promise<AddressCheck> => {
  // A bad certificate must not end the connection, because its dates and names are what a person needs to know.
  const options = { host, port, rejectUnauthorized: false, ...(isIP(host) === 0 && { servername: host }) };
  const socket = await connected(connectTls(options), 'secureConnect');
  try {
    const { subjectaltname: names = 'no name', valid_from: from, valid_to: to } = socket.getPeerCertificate();
    if (!socket.authorized) {
      const subject = `The certificate of the ${role} ${host}`;
      return unreachable(certificateProblem(subject, String(socket.authorizationError), { names, from, to }));
    }
    const days = Math.floor((Date.parse(to) - now()) / DAY);
    if (days >= COMMAND_LINE.certificateDays) return WELL;
    return {
      isReachable: true,
      problems: [
        {
          check: 'tls',
          message: `The certificate of the ${role} ${host} ends in ${days} days, on ${toDay(to)}.`,
          remedy:
            'Tell its operator: the renewal failed. At AWS Certificate Manager, check the DNS record that validates it.',
        },
      ],
    };
  } finally {
    socket.destroy();
  }
};

interface CertificateFacts {
  readonly names: string;
  readonly from: string;
  readonly to: string;
}

/** @param code of OpenSSL or Node: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const certificateProblem = (subject: string, code: string, { from, names, to }: CertificateFacts): Problem => {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return { check: 'tls', message: `${subject} expired on ${toDay(to)}.`, remedy: 'Tell its operator to renew it.' };
    case 'CERT_NOT_YET_VALID':
      return {
        check: 'tls',
        message: `${subject} is valid from ${toDay(from)} only.`,
        remedy: 'Check the clock of this machine. If it is right, tell the operator of the address.',
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        check: 'tls',
        message: `${subject} is for other names: ${names.replaceAll('DNS:', '').slice(0, 200)}.`,
        remedy: 'Check the host in the profile. If it is right, its operator must add the name to the certificate.',
      };
    default:
      return {
        check: 'tls',
        message: `${subject} is not trusted (${code}).`,
        remedy:
          'If your company has its own authority, name its file in NODE_EXTRA_CA_CERTS. Otherwise its operator must send the whole chain.',
      };
  }
};

/** Resolves with the socket at its event. */
const connected = <S extends Socket | TLSSocket>(socket: S, event: 'connect' | 'secureConnect'): Promise<S> =>
  new Promise((resolve, reject) => {
    socket.setTimeout(COMMAND_LINE.connectSeconds * 1_000, () =>
      socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
    );
    socket.once('error', reject);
    socket.once(event, () => {
      socket.off('error', reject);
      // The peer may end the connection before it is closed here.
      socket.on('error', () => {});
      resolve(socket);
    });
  });

const codeOf = (error: unknown): string => {
  // With several addresses, Node tries each of them.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return (first as NodeJS.ErrnoException).code ?? String(first);
};

/** Day of a date as a certificate has it. */
const toDay = (date: string): string => new Date(date).toISOString().slice(0, 10);
