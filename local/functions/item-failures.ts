/**
 * The names in `batchItemFailures` of a function's answer; `undefined` when the answer is malformed. None at all means success.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export const itemFailures = (answer: unknown): readonly unknown[] | undefined => {
  if (answer === null || answer === undefined) return [];
  if (typeof answer !== 'object') return undefined;
  const list = 'batchItemFailures' in answer ? answer.batchItemFailures : undefined;
  if (list === null || list === undefined) return [];
  if (!Array.isArray(list)) return undefined;
  return list.map((item: unknown) =>
    typeof item === 'object' && item !== null && 'itemIdentifier' in item ? item.itemIdentifier : undefined,
  );
};
