import type { ReceivedRequest } from '../../../local/load-balancer/request.ts';

/** A plain request with what a test is about put over it. */
export const aRequest = (over: Partial<ReceivedRequest> = {}): ReceivedRequest => {
  const target = over.target ?? over.path ?? '/';
  return {
    method: 'GET',
    target,
    path: target.split('?')[0] ?? '',
    query: target.split('?').slice(1).join('?'),
    host: '127.0.0.1',
    headers: [['host', '127.0.0.1:8080']],
    clientAddress: '127.0.0.1',
    ...over,
  };
};
