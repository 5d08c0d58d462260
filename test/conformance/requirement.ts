/** A requirement of RFC 9110 or RFC 9112 on a server of GET and HEAD, and the requests that show whether it is met. */
export interface Requirement {
  /** RFC and section, such as `9112 §3.2`. */
  readonly section: string;
  /** `defined`: follows from a grammar or a definition. `none`: no RFC asks for it, and the servers do it. */
  readonly level: 'MUST' | 'SHOULD' | 'MAY' | 'defined' | 'none';
  readonly text: string;
  readonly cases: readonly Case[];
}

export interface Case {
  /** Unique: it is the name of a test. */
  readonly name: string;
  /** Sent as it stands, a character a byte. */
  readonly bytes: string;
  /** Status codes that the server may answer with; `none`: it closes without an answer. */
  readonly answer: readonly number[] | 'none';
  /** After the bytes the client ends its direction, and still reads. */
  readonly halfClose?: boolean;
  /** The client goes on sending after its request; what arrives after the close is answered with a reset. */
  readonly surplus?: boolean;
}

/** A request line and fields; `Host: tom` is among them unless the fields name another. */
export function request(line: string, fields: readonly string[] = [], body = ''): string {
  const host = fields.some((field) => /^host *:/i.test(field)) ? [] : ['Host: tom'];
  return [line, ...host, ...fields, '', body].join('\r\n');
}

export const get = (fields: readonly string[] = [], body = ''): string =>
  request('GET / HTTP/1.1', fields, body);

export const chunked = (body: string, fields: readonly string[] = []): string =>
  get(['Transfer-Encoding: chunked', ...fields], body);

/** A GET whose head, up to its empty line, is `bytes` long. */
export function getWithHeadOf(bytes: number): string {
  return get([`X-Filling: ${'x'.repeat(bytes - get(['X-Filling: ']).length)}`]);
}

/** Shorthand for cases that differ in their bytes only. */
export const cases = (answer: Case['answer'], requests: Readonly<Record<string, string>>): Case[] =>
  Object.entries(requests).map(([name, bytes]) => ({ name, bytes, answer }));
