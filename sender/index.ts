export { InvocationTarget } from './invocation-target.ts';
export { OpenPosternTask, type OpenPosternTaskProps } from './open-postern-task.ts';
export type { TaskRequestProps } from './task-request.ts';
