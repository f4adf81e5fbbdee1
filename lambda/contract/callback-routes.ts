import { CAPABILITIES, type Capability } from './capabilities.ts';
import { MAX_BODY_BYTES } from './limits.ts';
import type { Route } from './route.ts';

const callbackRoute = (capability: Capability) =>
  ({
    method: 'POST',
    path: `${CAPABILITIES[capability].basePath}/{taskId}`,
    function: 'receive',
    access: { kind: 'callback', capability },
    bodyLimit: MAX_BODY_BYTES,
  }) as const satisfies Route;

const callbackRouteByPath = (capability: Capability) => {
  const route = callbackRoute(capability);
  return { ...route, path: `${route.path}/{token}` } satisfies Route;
};

/** The routes of the function `receive`. Its cold start needs no other route, so this file has no other. */
export const CALLBACK_ROUTES = {
  deliverResult: callbackRoute('result'),
  deliverResultByPath: callbackRouteByPath('result'),
  deliverFailure: callbackRoute('failure'),
  deliverFailureByPath: callbackRouteByPath('failure'),
  reportProgress: callbackRoute('progress'),
  reportProgressByPath: callbackRouteByPath('progress'),
  offerUpload: callbackRoute('upload'),
  offerUploadByPath: callbackRouteByPath('upload'),
  callbackByCode: {
    method: 'POST',
    path: '/c/{code}',
    function: 'receive',
    access: { kind: 'code' },
    bodyLimit: MAX_BODY_BYTES,
  },
} as const satisfies Record<string, Route>;
