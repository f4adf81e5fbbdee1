/** CloudWatch namespace of the functions' own metrics. */
export const METRIC_NAMESPACE = 'Postern';

/** A dimension of every dimension set. */
export const ENVIRONMENT_DIMENSION = 'Environment';

interface Metric {
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds';
  /** Dimension of the second dimension set, beside [`Environment`]; `null`: there is no second set. */
  readonly by: 'Processor' | 'Reason' | 'Application' | 'Action' | 'Rule' | null;
}

export const METRICS = {
  /** Callbacks that were recorded. */
  CallbackAccepted: { unit: 'Count', by: 'Processor' },
  /** Repeats of a recorded callback, answered with the recorded response. */
  CallbackAcknowledged: { unit: 'Count', by: 'Processor' },
  /** Used tokens that came with another payload. */
  ReplayDetected: { unit: 'Count', by: 'Processor' },
  /** First uses after expiry, or on a closed or cancelled task. */
  CallbackLate: { unit: 'Count', by: null },
  /** Callbacks refused with a challenge, except replays and late callbacks. */
  TokenRefused: { unit: 'Count', by: 'Reason' },
  /** Callbacks refused with another 4xx. */
  CallbackRefused: { unit: 'Count', by: 'Reason' },
  /** Callbacks answered with 503. */
  CallbackUnavailable: { unit: 'Count', by: null },
  /** Tasks that expired without a result. */
  TaskExpired: { unit: 'Count', by: null },
  /** Late deliveries that were kept in quarantine. */
  TaskQuarantined: { unit: 'Count', by: null },
  /** Tasks that were created. */
  TaskOpened: { unit: 'Count', by: 'Application' },
  /** Invocations by applications that were refused with `unavailable`. */
  InvocationUnavailable: { unit: 'Count', by: null },
  /** Requests of a sender for a task of another application. They get the response of an unknown task. */
  ForeignTaskRequested: { unit: 'Count', by: null },
  /** Actions of operators that were done. */
  OperatorActions: { unit: 'Count', by: 'Action' },
  /** Keys that sign callback tokens later, written by each run of `rotate-signing-key` that did not fail. */
  NextSigningKeys: { unit: 'Count', by: null },
  /** Forms of the console that were refused. */
  FormRefused: { unit: 'Count', by: 'Reason' },
  /** Workflows that got the outcome of their task. */
  WorkflowResumed: { unit: 'Count', by: 'Application' },
  /** Workflows that will not get it. The reason is that of the task's `resume`. */
  ResumeRefused: { unit: 'Count', by: 'Reason' },
  /** Time from the change of a task to the moment when its workflow got it. */
  ResumeDelay: { unit: 'Milliseconds', by: null },
  /** Tasks whose work a processor accepted. */
  DispatchAccepted: { unit: 'Count', by: 'Processor' },
  /** Attempts that failed and are repeated. */
  DispatchRetried: { unit: 'Count', by: 'Processor' },
  /** Tasks whose work could not be sent. */
  DispatchFailed: { unit: 'Count', by: 'Processor' },
  /** Time from the moment when a task was queued to its acceptance by the processor. */
  DispatchDelay: { unit: 'Milliseconds', by: null },
  /** Times at which Postern stopped to send to a processor: its breaker opened, or it wants no more work. */
  ProcessorPaused: { unit: 'Count', by: 'Processor' },
  /**
   * Longest time for which an attempt is due and is not made, written by each sweep; 0 if none is due. Waits between attempts and
   * those of an open breaker do not count, and neither do processors that an operator paused.
   */
  DispatchOldest: { unit: 'Seconds', by: null },
  /** Time from the event to the response. */
  CallbackLatency: { unit: 'Milliseconds', by: null },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

/** Metrics that the network door writes. Only environments with it have them. */
export const DOOR_METRICS = {
  /** Requests that the door answered. */
  DoorRequests: { unit: 'Count', by: null },
  /**
   * Requests that the door refused by itself, except unknown paths and access tokens: by the firewall (the number of the rule), by a
   * rate, or because of their address.
   */
  DoorBlocked: { unit: 'Count', by: 'Rule' },
  /** Requests that the door answered with 503 by itself. */
  DoorUnavailable: { unit: 'Count', by: null },
  /** Days until the certificate ends, written by each task every hour. */
  DoorCertificateDays: { unit: 'Count', by: null },
} as const satisfies Record<string, Metric>;

export type DoorMetricName = keyof typeof DOOR_METRICS;

/** Alarms that one occurrence of an outcome raises. Each has the name of its metric and of its heading in the runbook. */
export type OutcomeAlarmName = 'ReplayDetected' | 'CallbackUnavailable';
