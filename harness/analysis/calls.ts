import type { RepeatRecord } from '../core/record.ts';
import { sum } from './statistics.ts';

/** Mean time of a call in microseconds, over all processes of a traced server. Null: nobody traced, or there were none. */
export interface CallFigures {
  readonly acceptUs: number | null;
  readonly receiveUs: number | null;
  /** Of the write of a response: servers send with writev, or with send. */
  readonly writevUs: number | null;
  readonly closeUs: number | null;
}

export function callFigures(record: RepeatRecord): CallFigures {
  return {
    acceptUs: usPerCall(record, 'accept', 'accept4'),
    receiveUs: usPerCall(record, 'recvfrom', 'read'),
    // A parent sends its notices with send, while its workers answer with writev.
    writevUs: usPerCall(record, 'writev') ?? usPerCall(record, 'sendto'),
    closeUs: usPerCall(record, 'close'),
  };
}

interface Row {
  readonly syscall: string;
  readonly calls: number;
  readonly timeUs: number;
}

function usPerCall({ syscalls, syscallTimes }: RepeatRecord, ...names: readonly string[]): number | null {
  const rows: readonly Row[] = syscallTimes ?? (syscalls ?? []).flatMap((profile) => profile.rows);
  const own = rows.filter(({ syscall }) => names.includes(syscall));
  const calls = sum(own.map((row) => row.calls));
  return calls === 0 ? null : sum(own.map((row) => row.timeUs)) / calls;
}
