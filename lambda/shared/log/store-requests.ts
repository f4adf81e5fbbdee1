let sent = 0;

/**
 * Counts one request to DynamoDB, retries included. One counter for the process is exact, because Lambda gives a function one
 * event at a time.
 */
export const countStoreRequest = (): void => {
  sent += 1;
};

/** Returns the requests to DynamoDB since the process started. */
export const storeRequestsSent = (): number => sent;
