import { z } from 'zod';

/*
 * What the harness and its agent on another host (hosts/host-agent.cc) say to each other: a line of JSON, and where it
 * has `bytes` so many bytes after it.
 */

/** What the agent says first; a login may print something before it. */
const greeting = 'forkbench-host-agent ';

export const greetingSchema = z.object({ version: z.literal(1), root: z.boolean(), scratch: z.string() });
export type Greeting = z.output<typeof greetingSchema>;

export const replySchema = z.looseObject({
  id: z.number().nullable(),
  event: z.enum(['started', 'notStarted', 'stdout', 'stderr', 'ended', 'done', 'notDone']),
  bytes: z.number().int().min(0).default(0),
  error: z.string().optional(),
});
export type Reply = z.output<typeof replySchema>;

export interface Frame {
  readonly head: Reply;
  readonly body: Uint8Array;
}

const newline = 10;

/** Puts the agent's bytes together again, however they come. */
export class FrameReader {
  #pending: Uint8Array[] = [];
  #length = 0;
  #head: Reply | undefined;
  #greeting: Greeting | undefined;

  get greeting(): Greeting | undefined {
    return this.#greeting;
  }

  /** The frames that are whole now. Throws an Error where the bytes are no frames. */
  add(bytes: Uint8Array): Frame[] {
    this.#pending.push(bytes);
    this.#length += bytes.length;
    // A long body comes in many pieces: they are joined once.
    if (this.#head !== undefined && this.#length < this.#head.bytes) return [];
    const frames: Frame[] = [];
    for (;;) {
      if (this.#head === undefined) {
        const line = this.#line();
        if (line === null) return frames;
        if (this.#greeting === undefined) this.#greet(line);
        else this.#head = replySchema.parse(JSON.parse(line));
        continue;
      }
      if (this.#length < this.#head.bytes) return frames;
      frames.push({ head: this.#head, body: this.#take(this.#head.bytes) });
      this.#head = undefined;
    }
  }

  #greet(line: string): void {
    if (line.startsWith(greeting))
      this.#greeting = greetingSchema.parse(JSON.parse(line.slice(greeting.length)));
  }

  #line(): string | null {
    const all = this.#joined();
    const end = all.indexOf(newline);
    if (end < 0) return null;
    const line = new TextDecoder().decode(all.subarray(0, end));
    this.#take(end + 1);
    return line;
  }

  #take(count: number): Uint8Array {
    const all = this.#joined();
    this.#pending = [all.subarray(count)];
    this.#length = all.length - count;
    return all.subarray(0, count);
  }

  #joined(): Uint8Array {
    if (this.#pending.length === 1) return this.#pending[0]!;
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pending) {
      all.set(piece, at);
      at += piece.length;
    }
    this.#pending = [all];
    return all;
  }
}
