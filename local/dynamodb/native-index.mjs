/**
 * Gives the native engine's database an index that it lacks: without it, each write to a table with a stream reads all
 * of the stream's records to number the next one (12,000 records: 11 ms a write instead of 1.5).
 *
 * node native-index.mjs DATABASE
 *
 * Needs `node:sqlite` (Node 22.13); where that or the expected table is missing, exits with 1 and changes nothing.
 */
import { DatabaseSync } from 'node:sqlite';

const database = new DatabaseSync(process.argv[2] ?? '');
database.exec(`
  PRAGMA busy_timeout = 2000;
  CREATE INDEX IF NOT EXISTS postern_stream_sequence
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
`);
database.close();
