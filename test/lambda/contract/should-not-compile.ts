/**
 * Values that the contract's types must refuse. Each `@ts-expect-error` is an error of the type check where the line below it
 * compiles: a missing environment variable, or an outcome without status, metric or alarm decision.
 */

import type { Outcome } from '../../../lambda/contract/outcomes.ts';
import { renderVariables } from '../../../lambda/contract/variables.ts';

const shared = { POSTERN_ENVIRONMENT: 'test', POSTERN_ORIGIN: 'https://example.com', DEAD_LETTER_QUEUE_URL: 'q' };

// @ts-expect-error EVENT_BUS_NAME is missing
renderVariables('publish', shared);

// @ts-expect-error undefined is not a value
renderVariables('publish', { ...shared, EVENT_BUS_NAME: undefined });

const complete: Outcome = { status: 400, title: 't', oauthError: null, metric: null, alarm: null };

const { status: _status, ...withoutStatus } = complete;
// @ts-expect-error no status
withoutStatus satisfies Outcome;

const { metric: _metric, ...withoutMetric } = complete;
// @ts-expect-error no metric, not even null
withoutMetric satisfies Outcome;

const { alarm: _alarm, ...withoutAlarm } = complete;
// @ts-expect-error no alarm decision, not even null
withoutAlarm satisfies Outcome;

// @ts-expect-error a metric that does not exist
({ ...complete, metric: 'TokensRefused' }) satisfies Outcome;

// @ts-expect-error an OAuth error that RFC 6750 does not have
({ ...complete, oauthError: 'bad_token' }) satisfies Outcome;
