import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ByFunction } from '../functions/gateway-functions.ts';

/** A log query that the runbook uses. */
export interface SavedQuery {
  /** Functions whose logs are searched, if the environment has them, or the log of the web ACL or of the network door. */
  readonly logs: readonly (keyof ByFunction<unknown>)[] | 'webAcl' | 'door';
  /** Commands of CloudWatch Logs Insights, one per line. */
  readonly lines: readonly string[];
}

const NEWEST_FIRST = 'sort @timestamp desc';
const MOST_FIRST = 'sort times desc';

/**
 * All saved queries. A test compares their names with the runbook.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */
export const SAVED_QUERIES = {
  Replays: {
    logs: ['receive'],
    lines: [
      'filter code = "token_replayed"',
      'fields @timestamp, processor, taskId, sourceAddress, requestId',
      NEWEST_FIRST,
    ],
  },
  RefusedTokens: {
    logs: ['receive'],
    lines: [
      'filter code like /^(token|proof|source)_/ and code not in ["token_expired", "token_replayed"]',
      'stats count() as times by code, sourceAddress',
      MOST_FIRST,
    ],
  },
  RefusalsByProcessor: {
    logs: ['receive'],
    lines: ['filter ispresent(code)', 'stats count() as times by processor, code', MOST_FIRST],
  },
  UnavailableByReason: {
    logs: ['receive', 'create-task', 'tasks'],
    lines: ['filter status >= 500', 'stats count() as times by function, code, reason', MOST_FIRST],
  },
  Latency: {
    logs: ['receive'],
    lines: [
      'filter ispresent(milliseconds)',
      'stats count() as times, pct(milliseconds, 50) as p50, pct(milliseconds, 99) as p99 by bin(5m), route',
    ],
  },
  ForeignTasks: {
    logs: ['create-task', 'tasks'],
    lines: [
      // The metric is a member of the log line.
      'filter ForeignTaskRequested > 0',
      'stats count() as times by application, client, foreignApplication, taskId, route',
      MOST_FIRST,
    ],
  },
  SenderRequests: {
    logs: ['create-task', 'tasks'],
    lines: ['filter ispresent(route)', 'stats count() as times by application, client, route, code', MOST_FIRST],
  },
  OperatorRequests: {
    logs: ['operator-api', 'reveal-payload'],
    lines: ['filter ispresent(route)', 'fields @timestamp, operator, route, taskId, application, code', NEWEST_FIRST],
  },
  ExpiredTasks: {
    logs: ['expire'],
    lines: [
      'filter message = "expired" and expired > 0',
      'fields @timestamp, expired, rescheduled, failures, complete',
      NEWEST_FIRST,
    ],
  },
  TasksByState: {
    logs: ['publish'],
    lines: [
      'filter message = "published"',
      'stats sum(`Task Opened`) as opened, sum(`Task Succeeded`) as succeeded, sum(`Task Failed`) as failed, sum(`Task Expired`) as expired, sum(`Task Cancelled`) as cancelled, sum(`Task Reopened`) as reopened by bin(1h)',
    ],
  },
  ResumeRefusals: {
    logs: ['resume'],
    lines: [
      // The metric is a member of the log line.
      'filter ResumeRefused > 0',
      'fields @timestamp, taskId, kind, reason',
      NEWEST_FIRST,
    ],
  },
  ResumeAttempts: {
    logs: ['queue-outcomes', 'resume'],
    lines: [
      'filter ispresent(error)',
      'stats count() as times, max(receives) as attempts by function, message, error',
      MOST_FIRST,
    ],
  },
  Dispatches: {
    logs: ['dispatch'],
    lines: [
      'filter ispresent(taskId)',
      'stats count() as times by processor, message, reason, why, status, error',
      MOST_FIRST,
    ],
  },
  Crashes: {
    logs: [
      'receive',
      'create-task',
      'tasks',
      'metadata',
      'console',
      'handshake',
      'operator-api',
      'reveal-payload',
      'publish',
      'expire',
      'complete-upload',
      'revoke-callbacks',
      'redrive',
      'queue-outcomes',
      'resume',
      'dispatch',
    ],
    lines: [
      'filter type = "platform.report" and record.status != "success"',
      'fields @timestamp, @log, record.status, record.requestId, record.metrics.durationMs, record.metrics.maxMemoryUsedMB',
      NEWEST_FIRST,
    ],
  },
  BackgroundFailures: {
    logs: [
      'publish',
      'expire',
      'complete-upload',
      'revoke-callbacks',
      'redrive',
      'queue-outcomes',
      'resume',
      'dispatch',
    ],
    lines: [
      'filter level = "ERROR"',
      'fields @timestamp, function, message, taskId, sequence, shard, detailType, error, reason, failures',
      NEWEST_FIRST,
    ],
  },
  FailedHealth: {
    logs: ['metadata'],
    lines: ['filter level = "ERROR"', 'fields @timestamp, message, route, status, code, reason', NEWEST_FIRST],
  },
  BlockedRequests: {
    logs: 'webAcl',
    lines: [
      'filter action = "BLOCK"',
      'stats count() as times by terminatingRuleId, httpRequest.clientIp, httpRequest.country',
      MOST_FIRST,
    ],
  },
  DoorRefusals: {
    logs: 'door',
    lines: [
      // The metric is a member of the log line.
      'filter DoorBlocked > 0',
      'stats count() as times by Rule, severity, variable, address',
      MOST_FIRST,
    ],
  },
  DoorUnavailable: {
    logs: 'door',
    lines: ['filter DoorUnavailable > 0', 'stats count() as times by function, cause', MOST_FIRST],
  },
} as const satisfies Record<string, SavedQuery>;

export interface SavedQueriesProps {
  readonly environmentName: string;
  readonly functions: ByFunction<{ readonly logGroup: ILogGroup }>;
  readonly webAcl: { readonly logGroup: ILogGroup } | undefined;
  readonly door: { readonly logGroup: ILogGroup } | undefined;
}

/** Names of the log groups that a query searches. */
export const logGroupsOf = (
  { logs }: SavedQuery,
  { door, functions, webAcl }: Pick<SavedQueriesProps, 'functions' | 'webAcl' | 'door'>,
): string[] => {
  const logGroups =
    typeof logs === 'string'
      ? [{ webAcl, door }[logs]?.logGroup ?? []].flat()
      : logs.flatMap((name) => functions[name]?.logGroup ?? []);
  return logGroups.map(({ logGroupName }) => logGroupName);
};

/** The runbook's queries about functions that the environment has, saved in CloudWatch Logs Insights under `postern/<environment>/`. Only running one costs money. */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, props: SavedQueriesProps) {
    super(scope, id);
    for (const [name, query] of Object.entries(SAVED_QUERIES)) {
      const logGroupNames = logGroupsOf(query, props);
      // The environment has none of the functions. Without a log group, a query would search all logs.
      if (logGroupNames.length === 0) continue;
      new CfnQueryDefinition(this, name, {
        name: `postern/${props.environmentName}/${name}`,
        logGroupNames,
        queryString: query.lines.join('\n| '),
      });
    }
  }
}
