// `npm run docs` writes this file from lib/monitoring/alarms.ts.
import type { AlarmBase } from 'aws-cdk-lib/aws-cloudwatch';

/** The alarms of an environment by their names in the runbook. */
export interface PosternAlarms {
  /** A used callback token was sent again with another payload. The token may be stolen. */
  readonly ReplayDetected: AlarmBase;
  /** Callbacks are answered with 503. The store or the key service does not answer. */
  readonly CallbackUnavailable: AlarmBase;
  /** An application asked for a task of another one. It knows an id that it cannot guess. */
  readonly ForeignTaskRequested: AlarmBase;
  /** More tasks than usual end without a result. A processor may have stopped calling back. */
  readonly TaskExpired: AlarmBase;
  /**
   * More callbacks than usual are refused because of their token. A processor is broken, or an attacker guesses tokens.
   */
  readonly TokenRefused: AlarmBase;
  /** Callbacks have been slower than usual for 15 minutes. Processors may time out. */
  readonly CallbackLatency: AlarmBase;
  /** Functions that processors and applications call end without an answer. */
  readonly FunctionErrors: AlarmBase;
  /** Lambda throttles functions that processors and applications call. */
  readonly FunctionThrottles: AlarmBase;
  /** Applications that invoke `create-task` get no answer, or the answer `unavailable`. */
  readonly InvocationErrors: AlarmBase;
  /** Background functions, public documents, handshakes or the console end without an answer. */
  readonly OtherFunctionErrors: AlarmBase;
  /** Lambda throttles background functions, public documents, handshakes or the console. */
  readonly OtherFunctionThrottles: AlarmBase;
  /** DynamoDB throttles requests to a table. */
  readonly TableThrottles: AlarmBase;
  /** DynamoDB throttles queries of an index of the tasks table. Lists fail, or tasks expire late. */
  readonly IndexReadThrottles: AlarmBase;
  /** DynamoDB throttles writes to an index of the tasks table. They also stop writes to the table. */
  readonly IndexWriteThrottles: AlarmBase;
  /**
   * DynamoDB answers requests to the tables of tasks and of used tokens, or queries of signing keys, with internal errors.
   */
  readonly TableSystemErrors: AlarmBase;
  /**
   * DynamoDB answers requests to the tables of lookups and of the audit, or retirements of signing keys, with internal errors.
   */
  readonly OtherTableSystemErrors: AlarmBase;
  /** Changes of tasks are published late. Applications do not hear of results that are stored. */
  readonly PublishDelayed: AlarmBase;
  /** A change of a task could not be published. Applications wait for an event that does not come. */
  readonly PublishDeadLetters: AlarmBase;
  /** Overdue tasks could not be expired twice in a row. Their events are late. */
  readonly ExpireDeadLetters: AlarmBase;
  /** An uploaded result could not be recorded. Its task is still open. */
  readonly ArriveDeadLetters: AlarmBase;
  /** A bulk revocation could not go on twice in a row. Callbacks that may be stolen still work. */
  readonly RevokeDeadLetters: AlarmBase;
  /** There is no next key for callback tokens. No task can be opened when the current key ends. */
  readonly SigningKeyRotationFailed: AlarmBase;
  /** A workflow waits for the outcome of its task, and will not be told. */
  readonly ResumeRefused: AlarmBase;
  /** The outcome of a task waits in the queue, and its workflow waits for it. */
  readonly ResumeDelayed: AlarmBase;
  /** Changes of tasks are queued late. Workflows wait for results that are stored, and processors for work. */
  readonly OutcomesDelayed: AlarmBase;
  /** An outcome was not queued, or was given up after 24 hours. A workflow waits for a result that does not come. */
  readonly ResumeDeadLetters: AlarmBase;
  /** Functions that resume workflows end without an answer. Their work is repeated. */
  readonly ResumeErrors: AlarmBase;
  /** Lambda throttles functions that resume workflows. Their work is repeated. */
  readonly ResumeThrottles: AlarmBase;
  /** The work of a task could not be sent to its processor, and no attempt follows. */
  readonly DispatchFailed: AlarmBase;
  /** An attempt to send work is due and is not made. The time of the task passes meanwhile. */
  readonly DispatchDelayed: AlarmBase;
  /** A processor does not answer, or wants no more work. Postern stopped to send to it. */
  readonly ProcessorUnreachable: AlarmBase;
  /** A message about a task, or a search for overdue tasks, failed repeatedly. Work may be sent late. */
  readonly DispatchDeadLetters: AlarmBase;
  /** Functions that send work to processors end without an answer. Their work is repeated. */
  readonly DispatchErrors: AlarmBase;
  /** Lambda throttles functions that send work to processors. Their work is repeated. */
  readonly DispatchThrottles: AlarmBase;
  /** The web ACL blocks requests to callback routes. A processor may be among the callers. */
  readonly CallbackBlocked: AlarmBase;
  /** Under load the load balancer refuses addresses of low reputation. A processor may be among them. */
  readonly LowReputationDenied: AlarmBase;
  /** The load balancer or a function behind it answers requests with 5xx. */
  readonly ServerErrors: AlarmBase;
  /** The health check of the load balancer fails: the function does not give the expected answer. */
  readonly UnhealthyTarget: AlarmBase;
  /** Shield Advanced reports an attack on the load balancer. */
  readonly DDoSDetected: AlarmBase;
  /**
   * The network door refuses requests by its firewall, its rates or their address. A processor may be among the callers.
   */
  readonly DoorBlocked: AlarmBase;
  /** The network door answers requests with 503. A function, the keys of an issuer or the door itself fails. */
  readonly DoorUnavailable: AlarmBase;
  /** The health check of a task of the network door fails. */
  readonly DoorUnhealthy: AlarmBase;
  /** No task of the network door is healthy: no request is answered. */
  readonly DoorDown: AlarmBase;
  /** The certificate of the network door ends soon. Its renewal has failed, or nobody renews it. */
  readonly DoorCertificateExpiry: AlarmBase;
  /** The tasks of the network door have been busy for 15 minutes, and no further task may start. */
  readonly DoorCpu: AlarmBase;
  /** A possible attack. The alarms below this one say which kind. */
  readonly SecurityPage: AlarmBase;
  /** A part of the service fails. The alarms below this one say which. */
  readonly ServicePage: AlarmBase;
}
