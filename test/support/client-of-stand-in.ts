import { test as base } from 'vitest';
import { Postern } from '../../sdk/client/index.ts';
import { PosternOperator } from '../../sdk/client/operator/index.ts';
import type { AccessTokens } from '../../sdk/shared/client-credentials.ts';
import { aStoppedPlatform, type StoppedPlatform } from './stopped-platform.ts';
import { openWebStandIn } from './web-stand-in.ts';

/** A task as the stand-in shows it. */
export const aTaskView = (more: object = {}) => ({
  taskId: 'task-1',
  application: 'invoices',
  status: 'pending',
  processor: 'acme-ocr',
  resource: 'invoice-77',
  createdAt: '2026-11-30T08:00:00.000Z',
  expiresAt: '2130-11-30T09:00:00.000Z',
  history: [],
  ...more,
});

/** A refusal of the gateway. */
export const aRefusal = (status: number, code: string, more: object = {}) => ({
  status,
  headers: { 'content-type': 'application/problem+json', 'x-request-id': 'r-1' },
  body: {
    type: `https://callbacks.example.com/problems/${code}`,
    title: 'Refused.',
    status,
    code,
    requestId: 'r-1',
    ...more,
  },
});

/** `test` with a stand-in for a gateway, and clients of it whose clock stands still. */
export const test = base
  .extend('server', { scope: 'file' }, async ({}, { onCleanup }) => {
    const server = await openWebStandIn();
    onCleanup(server.close);
    return server;
  })
  .extend('platform', (): StoppedPlatform => aStoppedPlatform())
  /** The tokens that the gateway refused, as the credentials were told. */
  .extend('refused', (): (string | undefined)[] => [])
  .extend(
    'credentials',
    ({ refused }): AccessTokens =>
      async (request) => {
        refused.push(request?.refused);
        return request?.refused === undefined ? 'TOKEN-1' : 'TOKEN-2';
      },
  )
  .extend(
    'postern',
    ({ credentials, platform, server }) => new Postern({ origin: server.origin, credentials, platform }),
  )
  .extend(
    'operator',
    ({ credentials, platform, server }) => new PosternOperator({ origin: server.origin, credentials, platform }),
  );
