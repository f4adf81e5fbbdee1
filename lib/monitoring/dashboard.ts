import { Duration } from 'aws-cdk-lib';
import type { IAlarm, IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Environment } from '../environment.ts';
import { GRAPHS, type Graph } from './graphs.ts';
import { toMetric } from './metric.ts';
import type { SavedQueriesProps } from './saved-queries.ts';
import { logGroupsOf, SAVED_QUERIES } from './saved-queries.ts';
import type { Sources } from './sources.ts';

export interface DashboardProps extends Pick<SavedQueriesProps, 'functions' | 'webAcl'> {
  readonly environment: Pick<Environment, 'name' | 'origin' | 'registry'>;
  readonly sources: Sources;
  /** In the order in which they are shown. */
  readonly alarms: readonly IAlarm[];
}

const WHOLE = 24;
const HALF = 12;

/**
 * What an operator looks at, from top to bottom: is anything wrong; then the way of a callback, from what comes in to
 * what is stored and what becomes of tasks; then what carries it. About 3 USD a month above the account's first three.
 */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { alarms, environment, sources, ...logs }: DashboardProps) {
    super(scope, id);
    const { name, origin, registry } = environment;
    const dashboard = new CloudWatchDashboard(this, 'Resource', {
      dashboardName: `postern-${name}`,
      defaultInterval: Duration.hours(6),
    });
    const about = `# Postern ${name}\n${origin}. What to do when an alarm is raised: \`docs/runbook.md\`, under its name.`;
    dashboard.addWidgets(new TextWidget({ markdown: about, width: WHOLE, height: 2 }));
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: WHOLE, height: 5 }));
    const graph = ({ metrics, statistics, title, stacked = false }: Graph): IWidget =>
      new GraphWidget({
        title,
        width: HALF,
        height: 6,
        stacked,
        left: statistics.flatMap((statistic) =>
          metrics(sources, registry).map((identity) =>
            toMetric(statistics.length > 1 ? { ...identity, label: statistic } : identity, {
              statistic,
              period: Duration.minutes(5),
            }),
          ),
        ),
        leftYAxis: { min: 0, showUnits: false },
      });
    for (const [heading, graphs] of Object.entries(GRAPHS)) {
      dashboard.addWidgets(new TextWidget({ markdown: `## ${heading}`, width: WHOLE, height: 1 }));
      dashboard.addWidgets(
        ...graphs.map(graph),
        ...(heading === 'Tasks'
          ? [
              new LogQueryWidget({
                title: 'Tasks by state: how many came into it, an hour',
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
