import { DOOR_METRICS } from '../lambda/contract/metrics.ts';
import { type CostItem, logs } from './cost-item.ts';
import type { TemplateResource } from './fixed-costs.ts';
import { ASSUMED_DOOR } from './measured.ts';
import { HOURS_PER_MONTH, PRICES } from './prices.ts';
import { NETWORK_CAPACITY_UNIT_HOUR, TASK } from './usage.ts';

/** Different rules of the network door that block requests in a month. Each is a metric. */
const BLOCKING_RULES = 5;

const ofType = (type: string, resources: readonly TemplateResource[]) =>
  resources.find(({ Type }) => Type === type)?.Properties;

/** Size and least number of the tasks of the network door. Undefined without it. */
const doorTasks = (resources: readonly TemplateResource[]) => {
  const task = ofType('AWS::ECS::TaskDefinition', resources);
  const scaling = ofType('AWS::ApplicationAutoScaling::ScalableTarget', resources);
  if (task === undefined || scaling === undefined) return undefined;
  return {
    least: Number(scaling.MinCapacity),
    cpus: Number(task.Cpu) / 1_024,
    gigabytes: Number(task.Memory) / 1_024,
  };
};

/** True if the network door serves the callbacks. During a switch, the load balancer beside it is idle. */
export const hasDoor = (resources: readonly TemplateResource[]): boolean => doorTasks(resources) !== undefined;

const hoursOf = (name: string, tasks: number, { cpus, gigabytes }: { cpus: number; gigabytes: number }): CostItem => ({
  name,
  quantity: tasks * HOURS_PER_MONTH,
  unit: 'hour',
  // Each task has a public address, because the network has no NAT gateway.
  price: cpus * PRICES.fargateCpuHour + gigabytes * PRICES.fargateGigabyteHour + PRICES.publicIpv4AddressHour,
});

/** Costs of the network door without any callback, except for its load balancer. */
export const idleDoorCosts = (resources: readonly TemplateResource[]): readonly CostItem[] => {
  const tasks = doorTasks(resources);
  return tasks === undefined
    ? []
    : [hoursOf(`${tasks.least} tasks of the network door, with an address each`, tasks.least, tasks)];
};

/** Costs of the callbacks that come through the network door. */
export const doorCosts = (callbacks: number, resources: readonly TemplateResource[]): readonly CostItem[] => {
  const tasks = doorTasks(resources);
  if (tasks === undefined) return [];
  const requests = callbacks * TASK.requests;
  const busyCpus = (requests * ASSUMED_DOOR.cpuMilliseconds) / 1_000 / (HOURS_PER_MONTH * 3_600);
  const needed = busyCpus / (ASSUMED_DOOR.utilization * tasks.cpus);
  return [
    {
      name: 'network load balancer capacity',
      quantity: Math.max(
        (callbacks * TASK.newConnections) / NETWORK_CAPACITY_UNIT_HOUR.newConnections,
        (callbacks * TASK.bytes) / NETWORK_CAPACITY_UNIT_HOUR.bytes,
      ),
      unit: 'NLCU-hour',
      price: PRICES.networkCapacityUnitHour,
    },
    hoursOf('further tasks of the network door', Math.max(0, needed - tasks.least), tasks),
    logs('logs of the network door', requests * ASSUMED_DOOR.logBytes),
    {
      name: 'metrics of the network door',
      quantity: callbacks === 0 ? 0 : Object.keys(DOOR_METRICS).length + BLOCKING_RULES,
      unit: 'metric',
      price: PRICES.metric,
    },
  ].filter(({ quantity }) => quantity > 0);
};
