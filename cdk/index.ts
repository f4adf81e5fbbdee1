export { InvocationTarget } from '../sender/invocation-target.ts';
export { OpenPosternTask, type OpenPosternTaskProps } from '../sender/open-postern-task.ts';
export type { TaskRequestProps } from '../sender/task-request.ts';
export type { PosternAlarms } from './alarms.ts';
export type { MetricDimensions } from './metric.ts';
export { Postern, type PosternEnvironment, type PosternProps, type StackNames } from './postern.ts';
export type { OnTaskOptions, TaskEvent } from './task-rule.ts';
export type { Workflow } from './workflow-arn.ts';
