/** CloudWatch namespace of everything the functions count. */
export const METRIC_NAMESPACE = 'Postern';

/** In every dimension set. */
export const ENVIRONMENT_DIMENSION = 'Environment';

/** `by` names the second dimension set's dimension; `null` means that only [`Environment`] exists. */
interface Metric {
  readonly unit: 'Count' | 'Milliseconds';
  readonly by: 'Processor' | 'Reason' | null;
  readonly counts: string;
}

export const METRICS = {
  CallbackAccepted: { unit: 'Count', by: 'Processor', counts: 'callbacks recorded' },
  CallbackAcknowledged: { unit: 'Count', by: 'Processor', counts: 'repeats of a recorded callback, answered again' },
  ReplayDetected: { unit: 'Count', by: 'Processor', counts: 'used tokens that came with another payload' },
  CallbackLate: { unit: 'Count', by: null, counts: 'first uses on a closed or cancelled task, or after expiry' },
  TokenRefused: {
    unit: 'Count',
    by: 'Reason',
    counts: 'callbacks refused with a challenge, but replays and late ones',
  },
  CallbackRefused: { unit: 'Count', by: 'Reason', counts: 'callbacks refused with another 4xx' },
  CallbackUnavailable: { unit: 'Count', by: null, counts: 'callbacks answered with 503' },
  TaskExpired: { unit: 'Count', by: null, counts: 'tasks whose time ended without a result' },
  TaskQuarantined: { unit: 'Count', by: null, counts: 'late deliveries that were kept' },
  FormRefused: { unit: 'Count', by: 'Reason', counts: 'forms of the console that were refused' },
  CallbackLatency: { unit: 'Milliseconds', by: null, counts: 'time from event to answer' },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

/** Alarms that an outcome raises by itself; named after their metric and described in the runbook under that name. */
export type OutcomeAlarmName = 'ReplayDetected' | 'CallbackUnavailable';
