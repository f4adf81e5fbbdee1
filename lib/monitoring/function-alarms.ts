import type { AlarmDefinition } from './alarm-definition.ts';
import { SUMMED } from './alarm-definition.ts';
import { isOther, isWaitedFor, ofFunctions, tableSystemErrors, tableThrottles } from './aws-metrics.ts';

/** Alarms on the functions and the tables under them: one of a kind, whose graph shows which of them it is. */
export const FUNCTION_ALARMS = {
  FunctionErrors: {
    severity: 'page',
    description: 'Functions that processors and applications wait for end without an answer.',
    watched: ofFunctions('Errors', isWaitedFor),
    ...SUMMED,
    threshold: ({ toleratedServerErrors }) => toleratedServerErrors + 1,
  },
  FunctionThrottles: {
    severity: 'page',
    description:
      'Lambda runs fewer of the functions that processors and applications wait for than there are requests.',
    watched: ofFunctions('Throttles', isWaitedFor),
    ...SUMMED,
    threshold: ({ toleratedServerErrors }) => toleratedServerErrors + 1,
  },
  OtherFunctionErrors: {
    severity: 'ticket',
    description: 'Functions that nobody waits for, public documents, handshakes or the console end without an answer.',
    watched: ofFunctions('Errors', isOther),
    ...SUMMED,
  },
  OtherFunctionThrottles: {
    severity: 'ticket',
    description: 'Lambda holds back functions that nobody waits for, public documents, handshakes or the console.',
    watched: ofFunctions('Throttles', isOther),
    ...SUMMED,
  },
  TableThrottles: {
    severity: 'ticket',
    description: 'DynamoDB refuses requests to a table or an index because there are too many.',
    watched: tableThrottles,
    ...SUMMED,
  },
  TableSystemErrors: {
    severity: 'ticket',
    description: 'DynamoDB answers requests to a table with errors of its own.',
    watched: tableSystemErrors,
    ...SUMMED,
  },
} as const satisfies Record<string, AlarmDefinition>;
