import type { Logger } from '../../shared/log/logger.ts';
import { describeError } from '../../shared/refusal.ts';
import type { MessageWork } from './from-queue.ts';
import type { OutcomeMessages } from './outcome-messages.ts';

/** Gives up messages that are not outcomes: no attempt will succeed. */
export const createDropUnreadable =
  (messages: Pick<OutcomeMessages, 'giveUp'>, logger: Logger): MessageWork['drop'] =>
  async (message) => {
    const { messageId, receiptHandle } = message;
    logger.error('the message is not an outcome', { messageId });
    // It is a dead letter already.
    if (receiptHandle === undefined) return false;
    try {
      await messages.giveUp(message);
      return true;
    } catch (error) {
      logger.error('dead letter not sent', { messageId, error: describeError(error) });
      return false;
    }
  };
