/**
 * Mistakes in the use of the class `Postern` that the type check must find. Each `@ts-expect-error` is an error of the type check if the
 * line below it compiles.
 */
import type { App } from 'aws-cdk-lib';
import type { IRuleTarget } from 'aws-cdk-lib/aws-events';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Postern, type PosternEnvironment } from '../../cdk/postern.ts';

declare const app: App;
declare const settings: Omit<PosternEnvironment, 'applications'>;
declare const target: IRuleTarget;
declare const role: IRole;
declare const machine: IStateMachine;

/** Never called: only its types count. */
export const build = (): void => {
  const postern = new Postern(app, 'Prod', {
    env: { account: '123456789012', region: 'eu-west-1' },
    environment: { ...settings, applications: { invoices: { invokers: 'granted', resumes: 'granted' } } },
  });

  postern.onTask(['succeeded', 'failed'], target, { application: 'invoices', processor: 'acme-ocr' });
  // @ts-expect-error an application that does not exist
  postern.onTask(['succeeded'], target, { application: 'orders' });
  // @ts-expect-error an outcome that does not exist
  postern.onTask(['success'], target);
  // @ts-expect-error a change that is not published
  postern.onTask(['rescheduled'], target);
  // @ts-expect-error no outcome: EventBridge refuses an empty pattern
  postern.onTask([], target);

  postern.grantOpen('invoices', role);
  // @ts-expect-error an application that does not exist
  postern.grantOpen('orders', role);
  postern.invocationTarget('invoices').grantOpen(role);
  // @ts-expect-error an application that does not exist
  postern.invocationTarget('orders');

  postern.allowResume('invoices', machine);
  // @ts-expect-error an application that does not exist
  postern.allowResume('orders', machine);
  // @ts-expect-error an ARN: the workflow must be a construct
  postern.allowResume('invoices', 'arn:aws:states:eu-west-1:123456789012:stateMachine:Invoices');

  postern.metric('ReplayDetected', { processor: 'acme-ocr' }, { statistic: 'Maximum' });
  postern.metric('TaskOpened', { application: 'invoices' });
  postern.metric('CallbackLatency');
  // @ts-expect-error a metric that does not exist
  postern.metric('ReplaysDetected');
  // @ts-expect-error a dimension of another metric
  postern.metric('ReplayDetected', { reason: 'token_expired' });
  // @ts-expect-error a dimension of a metric that has none
  postern.metric('CallbackLatency', { processor: 'acme-ocr' });
  // @ts-expect-error an application that does not exist
  postern.metric('TaskOpened', { application: 'orders' });
  // @ts-expect-error an action of operators that does not exist
  postern.metric('OperatorActions', { action: 'delete' });

  postern.alarms.ReplayDetected.addAlarmAction();
  // @ts-expect-error an alarm that does not exist
  postern.alarms.ReplaysDetected.addAlarmAction();
};
