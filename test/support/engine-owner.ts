import { startEngine } from '../../local/dynamodb/engine.ts';
import { ENGINE_NAMES } from '../../local/dynamodb/engine-command.ts';

/** A process that owns an engine and can be killed: `engine-owner.ts FOLDER [ENGINE]` sends its endpoint. */
const [dataDirectory = '', name] = process.argv.slice(2);
const prefer = ENGINE_NAMES.find((known) => known === name);
const engine = await startEngine({ dataDirectory, ...(prefer !== undefined && { prefer }) });
process.send?.(engine.endpoint);
