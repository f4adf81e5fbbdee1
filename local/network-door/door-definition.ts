import * as v from 'valibot';
import type { DoorConfig } from '../../lambda/contract/door-config.ts';
import type { ResolvedResource } from '../resource.ts';

export const TASK_DEFINITION_TYPE = 'AWS::ECS::TaskDefinition';

/** The door as the template has it. */
export interface DoorDefinition {
  readonly config: DoorConfig;
  /** Further variables of its container. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder from which its image is built. */
  readonly sources: string;
}

const CONFIG_VARIABLE = 'DOOR_CONFIG';

const Properties = v.object({
  ContainerDefinitions: v.pipe(
    v.array(
      v.object({
        Image: v.string(),
        Environment: v.optional(v.array(v.object({ Name: v.string(), Value: v.string() })), []),
      }),
    ),
    v.length(1),
  ),
});

/**
 * Reads the task of the network door.
 * @param images folder of each image asset, by the tag of the image
 * @throws {Error} naming the resource, if it is not one container with the configuration of the door
 */
export const readDoorDefinition = (
  { logicalId, properties }: ResolvedResource,
  images: ReadonlyMap<string, string>,
): DoorDefinition => {
  const parsed = v.safeParse(Properties, properties);
  const container = parsed.success ? parsed.output.ContainerDefinitions[0] : undefined;
  const { [CONFIG_VARIABLE]: config, ...environment } = Object.fromEntries(
    container?.Environment.map(({ Name, Value }) => [Name, Value]) ?? [],
  );
  if (container === undefined || config === undefined) {
    throw new Error(`${logicalId}: the local gateway needs one container with the variable ${CONFIG_VARIABLE}.`);
  }
  const tag = container.Image.slice(container.Image.lastIndexOf(':') + 1);
  const sources = images.get(tag);
  if (sources === undefined) {
    throw new Error(`${logicalId}: the image ${container.Image} is no asset of the cloud assembly.`);
  }
  return { config: JSON.parse(config) as DoorConfig, environment, sources };
};
