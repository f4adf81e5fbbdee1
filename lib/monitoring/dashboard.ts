import { Duration } from 'aws-cdk-lib';
import type { IAlarm, IMetric, IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  SearchExpression,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricName } from '../../lambda/contract/metrics.ts';
import type { Environment } from '../config/environment.ts';
import { GRAPHS, type Graph } from './graphs.ts';
import { toMetric } from './metric.ts';
import { busiestProcessors } from './own-metrics.ts';
import type { SavedQueriesProps } from './saved-queries.ts';
import { logGroupsOf, SAVED_QUERIES } from './saved-queries.ts';
import type { Sources } from './sources.ts';

export interface DashboardProps extends Pick<SavedQueriesProps, 'functions' | 'webAcl' | 'door'> {
  readonly environment: Pick<
    Environment,
    'name' | 'origin' | 'registry' | 'signing' | 'invokers' | 'resumeTargets' | 'ingress'
  >;
  readonly sources: Sources;
  /** Alarms in the order of display. */
  readonly alarms: readonly IAlarm[];
}

const WHOLE = 24;
const HALF = 12;
const PERIOD = Duration.minutes(5);

/**
 * Largest number of processors that a graph shows one by one. With more, it shows only the busiest. CloudWatch limits a graph
 * to 500 metrics and a dashboard to 2,500, and CloudFormation limits a template to a megabyte.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
 */
export const MAX_NAMED_PROCESSORS = 100;
const BUSIEST = 25;

/**
 * Dashboard for operators. From top to bottom: alarms; callbacks from traffic to tasks; then functions, tables and the web
 * ACL. About 3 USD a month beyond the account's first three dashboards.
 */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { alarms, environment, sources, ...logs }: DashboardProps) {
    super(scope, id);
    const { name, origin, registry } = environment;
    const dashboard = new CloudWatchDashboard(this, 'Resource', {
      dashboardName: `postern-${name}`,
      defaultInterval: Duration.hours(6),
    });
    const about = `# Postern ${name}\n${origin}. If an alarm is raised, see its heading in \`docs/operate/runbook.md\`.`;
    dashboard.addWidgets(new TextWidget({ markdown: about, width: WHOLE, height: 2 }));
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: WHOLE, height: 5 }));
    const isCrowded = Object.keys(registry).length > MAX_NAMED_PROCESSORS;
    const named = ({ metrics, statistics }: Graph): IMetric[] =>
      statistics.flatMap((statistic) =>
        metrics(sources, registry).map((identity) =>
          toMetric(statistics.length > 1 ? { ...identity, label: statistic } : identity, { statistic, period: PERIOD }),
        ),
      );
    const busiest = (metric: MetricName, { statistics }: Graph): IMetric[] =>
      statistics.map(
        (statistic) =>
          new SearchExpression({
            expression: busiestProcessors(metric, sources, { period: PERIOD, statistic, most: BUSIEST }),
            label: '',
            period: PERIOD,
          }),
      );
    const searched = (search: NonNullable<Graph['search']>): IMetric[] => [
      new SearchExpression({
        expression: search(sources, { period: PERIOD, most: BUSIEST }),
        label: '',
        period: PERIOD,
      }),
    ];
    const linesOf = (each: Graph): IMetric[] => {
      if (each.search !== undefined) return searched(each.search);
      return isCrowded && each.ofProcessors !== undefined ? busiest(each.ofProcessors, each) : named(each);
    };
    const graph = (each: Graph): IWidget =>
      new GraphWidget({
        title: each.title,
        width: HALF,
        height: 6,
        stacked: each.stacked ?? false,
        left: linesOf(each),
        leftYAxis: { min: 0, showUnits: false },
      });
    for (const [heading, all] of Object.entries(GRAPHS)) {
      const graphs = all.filter(({ exists }) => exists === undefined || exists(environment));
      if (graphs.length === 0) continue;
      dashboard.addWidgets(new TextWidget({ markdown: `## ${heading}`, width: WHOLE, height: 1 }));
      dashboard.addWidgets(
        ...graphs.map(graph),
        ...(heading === 'Tasks'
          ? [
              new LogQueryWidget({
                title: 'Tasks that entered each state, per hour',
                width: HALF,
                height: 6,
                view: LogQueryVisualizationType.LINE,
                logGroupNames: logGroupsOf(SAVED_QUERIES.TasksByState, logs),
                queryLines: [...SAVED_QUERIES.TasksByState.lines],
              }),
            ]
          : []),
      );
    }
  }
}
