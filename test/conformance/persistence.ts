import type { Requirement } from './requirement.ts';

/** What holds where a connection carries several requests; test/servers/persistence.test.ts shows it. */
export const persistence: readonly Omit<Requirement, 'cases'>[] = [
  {
    section: '9112 §9.3',
    level: 'defined',
    text: 'After a request of HTTP/1.1 or later without "close" the connection goes on, up to the limit. HTTP/1.0 has one request on a connection: its "keep-alive" is optional, and not offered.',
  },
  {
    section: '9112 §9.3.2',
    level: 'MUST',
    text: 'Pipelined requests are answered in the order in which they came, however they are split.',
  },
  {
    section: '9112 §9.6',
    level: 'MUST',
    text: 'After a request with "close", in whatever case and among whatever other options, its answer is the last one and says "close"; further requests are not answered.',
  },
  {
    section: '9112 §9.6',
    level: 'SHOULD',
    text: 'The last answer before the server closes, at the limit or after a refusal, says "close"; no other answer does.',
  },
  {
    section: '9112 §9.6',
    level: 'SHOULD',
    text: 'A connection with requests that are not answered any more is closed in stages, so that no reset takes the last answer from the client.',
  },
  {
    section: '9112 §9.3',
    level: 'MUST',
    text: 'A body is read to its end before the next request, and empty lines before a request are ignored (§2.2).',
  },
  {
    section: '9112 §9.5',
    level: 'MAY',
    text: 'A connection whose client stays silent between two requests is closed after `--recv-timeout-ms`, without an answer. Without that option it stays open, and keeps `blocking-serial` from everybody else.',
  },
];
