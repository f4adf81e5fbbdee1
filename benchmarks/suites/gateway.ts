import { requestAccessToken } from '../../story/access-token.ts';
import { type LoadRequest, type LoadResult, load } from '../harness/load.ts';
import { startLocalGateway } from '../harness/local-gateway.ts';
import { createRounds, measureOf, POSTERN } from '../harness/measure.ts';
import type { PartResult } from '../harness/result.ts';
import { percentile } from '../harness/statistics.ts';
import { PAYLOAD } from '../harness/test-bed.ts';

const CONNECTIONS = 4;
/** Tasks, and callbacks, of one round. */
const AMOUNT = 200;
const PROCESSOR = 'header-ocr';

/** The whole of `npm start`, over HTTP: load balancer, functions, tables and keys on one machine. */
export const gateway = async (rounds: number): Promise<PartResult> => {
  const { ready, started, stop } = await startLocalGateway();
  const gathered = createRounds();
  try {
    const accessToken = await requestAccessToken(ready.idp, ready.clients.sender, 'task_read task_write');
    const options = { origin: ready.gateway, connections: CONNECTIONS };
    const opening = openingWith(accessToken);
    /** A generator asks for more than it sends, and no callback may be sent twice. */
    const amount = AMOUNT + 2 * CONNECTIONS;
    const round = async () => {
      const opened = await load({ ...options, amount, expected: 201, request: () => opening });
      const callbacks = opened.bodies.map(toCallback);
      const delivered = await load({
        ...options,
        amount: AMOUNT,
        expected: 200,
        request: () => {
          const callback = callbacks.pop();
          if (callback === undefined) throw new Error('The generator asked for more callbacks than there are.');
          return callback;
        },
      });
      return { opened, delivered };
    };
    // The first starts the processes of the functions.
    await round();
    const add = (name: string, { latencies, milliseconds }: LoadResult) => {
      gathered.add(`${name} rate`, POSTERN, (latencies.length / milliseconds) * 1000);
      gathered.add(`${name} p50`, POSTERN, percentile(latencies, 50));
      gathered.add(`${name} p99`, POSTERN, percentile(latencies, 99));
    };
    for (let count = 0; count < rounds; count += 1) {
      const { delivered, opened } = await round();
      add('opened', opened);
      add('delivered', delivered);
    }
  } finally {
    await stop();
  }
  return {
    part: 'gateway',
    title: 'The gateway on one machine',
    method: `Requests of autocannon over ${CONNECTIONS} connections: ${AMOUNT} tasks opened, then their callbacks delivered with 1 KB each. ${rounds} rounds. Everything shares one machine, the load as well: good for comparing one day with the next, and for nothing else.`,
    contenders: { [POSTERN]: 'load balancer, functions, DynamoDB, KMS and OpenID provider of `npm start`' },
    measures: [
      measureOf('callbacks delivered', '1/s', true, gathered.of('delivered rate')),
      measureOf('median latency of a delivery', 'ms', false, gathered.of('delivered p50')),
      measureOf('99th percentile of a delivery', 'ms', false, gathered.of('delivered p99')),
      measureOf('tasks opened', '1/s', true, gathered.of('opened rate')),
      measureOf('median latency of an opening', 'ms', false, gathered.of('opened p50')),
      measureOf('99th percentile of an opening', 'ms', false, gathered.of('opened p99')),
      measureOf('from `npm start` until it is up', 's', false, { [POSTERN]: [started / 1000] }),
    ],
    pictured: [],
  };
};

const openingWith = (accessToken: string): LoadRequest => ({
  method: 'POST',
  path: '/v1/tasks',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
  body: JSON.stringify({ processor: PROCESSOR, resource: 'invoice-77', expiresIn: 3_600, callbacks: ['result'] }),
});

/** The delivery that an opened task waits for. */
const toCallback = (opened: string): LoadRequest => {
  const { callbacks } = JSON.parse(opened) as {
    readonly callbacks: { readonly result: { readonly url: string; readonly token: string } };
  };
  const { token, url } = callbacks.result;
  return {
    method: 'POST',
    path: new URL(url).pathname,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: PAYLOAD,
  };
};
