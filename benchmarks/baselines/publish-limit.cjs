'use strict';
/** Does the least that publishing needs: ten entries per hand-signed request. Requests run in sequence, to keep the order. */
const { createClient } = require('./signed-request.cjs');

const { AWS_ENDPOINT_URL_EVENTBRIDGE, EVENT_BUS_NAME } = process.env;
const MOST_ENTRIES = 10;
const events = createClient({
  service: 'events',
  target: 'AWSEvents',
  version: '1.1',
  url: AWS_ENDPOINT_URL_EVENTBRIDGE,
});

const entryOf = ({ dynamodb: { NewImage: image } }) => ({
  EventBusName: EVENT_BUS_NAME,
  Source: 'postern',
  DetailType: 'Task Succeeded',
  Detail: JSON.stringify({ taskId: image.taskId.S, status: image.status.S, at: image.changedAt.S }),
});

exports.handler = async ({ Records: records }) => {
  for (let start = 0; start < records.length; start += MOST_ENTRIES) {
    const { status, text } = await events(
      'PutEvents',
      JSON.stringify({ Entries: records.slice(start, start + MOST_ENTRIES).map(entryOf) }),
    );
    if (status !== 200 || JSON.parse(text).FailedEntryCount !== 0) return { batchItemFailures: [{}] };
  }
  return { batchItemFailures: [] };
};
