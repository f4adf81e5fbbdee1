export { InvocationTarget } from '../sender/invocation-target.ts';
export { OpenPosternTask, type OpenPosternTaskProps } from '../sender/open-postern-task.ts';
export type { TaskRequestProps } from '../sender/task-request.ts';
export { Postern, type PosternEnvironment, type PosternProps, type StackNames } from './postern.ts';
