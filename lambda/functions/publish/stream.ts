import type { RepublishRequest } from '../../contract/redrive.ts';
import { answerBatch, readRecords, type StreamBatchResponse } from '../../shared/tables/stream-records.ts';
import type { Publisher } from './publish-records.ts';

/**
 * Handles an event of a DynamoDB stream, or of `redrive`, and reports partial failures.
 * @param republish publishes changes of `redrive`
 */
export const fromStream =
  (publish: Publisher, republish: Publisher) =>
  async (event: unknown): Promise<StreamBatchResponse> => {
    const { redrive } = (event ?? {}) as Partial<Record<keyof RepublishRequest, unknown>>;
    return answerBatch(await (redrive === true ? republish : publish)(readRecords(event)));
  };
