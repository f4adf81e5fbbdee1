import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A request that is sent byte by byte as it is written here: no client repairs or normalizes it. */
export interface RawRequest {
  readonly method: string;
  /** The request target, as sent. */
  readonly target: string;
  /** One line each, in this order. `Host`, `Content-Length` and `Connection` are added unless they are here. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

export interface RawAnswer {
  /** 0: the connection ended without an answer. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

export interface ExchangeOptions {
  /** Ends the exchange. */
  readonly signal: AbortSignal;
  /** @default 30 seconds */
  readonly timeoutMilliseconds?: number;
}

const NO_ANSWER: RawAnswer = { status: 0, headers: new Map(), text: '' };

/** More than the longest problem document. The rest of an answer is not read. */
const MAX_ANSWER_BYTES = 65_536;

/**
 * Sends one request over a new connection, and reads the first answer.
 * @returns status 0, if the other side closes the connection without an answer
 * @throws {Error} if there is no connection, or no answer in time
 */
export const exchange = async (
  origin: string,
  request: RawRequest,
  { signal, timeoutMilliseconds = 30_000 }: ExchangeOptions,
): Promise<RawAnswer> => {
  const ends = AbortSignal.any([signal, AbortSignal.timeout(timeoutMilliseconds)]);
  const socket = await open(new URL(origin), ends);
  const stop = (): void => void socket.destroy(ends.reason);
  ends.addEventListener('abort', stop);
  try {
    return await readAnswer(socket, headOf(new URL(origin).host, request), request);
  } finally {
    ends.removeEventListener('abort', stop);
    socket.destroy();
  }
};

const open = ({ hostname, port, protocol }: URL, signal: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket =
      protocol === 'https:'
        ? connectTls({ host, port: Number(port || 443), servername: host, ALPNProtocols: ['http/1.1'] })
        : connectTcp({ host, port: Number(port || 80) });
    const stop = (): void => void socket.destroy(signal.reason);
    signal.addEventListener('abort', stop);
    socket.once('error', reject);
    socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', stop);
      socket.off('error', reject);
      resolve(socket);
    });
  });

const headOf = (host: string, { body, headers, method, target }: RawRequest): string => {
  const has = (name: string): boolean => headers.some(([sent]) => sent.trim().toLowerCase() === name);
  const lines = [
    ...(has('host') ? [] : [['Host', host] as const]),
    ...headers,
    ...(has('content-length') ? [] : [['Content-Length', String(body.length)] as const]),
    ...(has('connection') ? [] : [['Connection', 'close'] as const]),
  ];
  return `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
};

const readAnswer = (socket: Socket, head: string, { body, method }: RawRequest): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    let read = Buffer.alloc(0);
    const finish = (): void => resolve(parse(read, true, method) ?? NO_ANSWER);
    socket.on('data', (bytes: Buffer) => {
      read = Buffer.concat([read, bytes]);
      const answer = parse(read, read.length > MAX_ANSWER_BYTES, method);
      if (answer !== undefined) resolve(answer);
    });
    socket.once('end', finish);
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // A server that refuses a long body may answer and close before it has read it.
      if (error.code === 'EPIPE' || error.code === 'ECONNRESET') finish();
      else reject(error);
    });
    socket.write(Buffer.concat([Buffer.from(head), body]));
  });

/**
 * Reads the first answer of a connection.
 * @param isAll no more bytes are going to be read
 * @returns undefined, if it is not complete
 */
const parse = (bytes: Buffer, isAll: boolean, method: string): RawAnswer | undefined => {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const rest = bytes.subarray(end + 4);
  const length = headers.get('content-length');
  const hasNoBody = method === 'HEAD' || status === 204 || status === 304;
  const isComplete = isAll || hasNoBody || (length !== undefined && rest.length >= Number(length));
  if (!isComplete) return undefined;
  const content = length === undefined ? rest : rest.subarray(0, Number(length));
  return { status, headers, text: hasNoBody ? '' : content.toString('utf8') };
};
