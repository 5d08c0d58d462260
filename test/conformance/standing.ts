/** Requirements that no request can show to be met: those that are not, and those that ask nothing of these servers. */
export interface Standing {
  readonly section: string;
  readonly text: string;
  readonly why: string;
}

export const deviations: readonly Standing[] = [
  {
    section: '9110 §6.6.1',
    text: 'An origin server with a clock MUST send Date in 2xx, 3xx and 4xx answers.',
    why: 'No answer has a Date. The experiment that forkbench rebuilds answers with 66 bytes, in which the 37 of a Date have no room, and asking for the time would be work that its servers did not do. A server without a clock MUST NOT send one, and that is how these behave: they never look at the time of day.',
  },
];

export const notApplicable: readonly Standing[] = [
  {
    section: '9110 §7.6, §7.7, 9112 §3.2 to §3.3',
    text: 'Forwarding: Connection, Via, Max-Forwards, transformations, rewriting targets.',
    why: 'The servers are neither proxies nor gateways.',
  },
  {
    section: '9112 §6.1, §7.1, §7.1.2',
    text: 'Sending chunks and trailer fields.',
    why: 'Every answer has its length in Content-Length.',
  },
  {
    section: '9112 §6.1, §7.2',
    text: 'Decoding compress, deflate and gzip as transfer codings.',
    why: 'Only chunked has to be understood; the others are answered with 501.',
  },
  {
    section: '9112 §9.7, §9.8',
    text: 'TLS.',
    why: 'The servers speak plain HTTP; https targets are refused.',
  },
  {
    section: '9110 §8.3 to §8.8',
    text: 'Content codings, languages, locations, entity tags and times of changes.',
    why: 'The one representation is a few bytes of filling without any of them.',
  },
  {
    section: '9110 §11, §15.5.2, §15.5.8',
    text: 'Authentication, 401 with WWW-Authenticate, 407.',
    why: 'Nothing is protected.',
  },
  {
    section: '9110 §12, §12.5.5',
    text: 'Content negotiation and Vary.',
    why: 'There is one representation, which is sent whatever a client accepts, as a server may.',
  },
  {
    section: '9110 §14, §15.3.7, §15.5.17',
    text: 'Partial answers: 206, 416, Content-Range, If-Range.',
    why: 'Range is optional and ignored.',
  },
  {
    section: '9110 §15.5.6',
    text: '405 with Allow.',
    why: 'Methods other than GET and HEAD are not known at all, which is 501.',
  },
  {
    section: '9110 §15.4, §15.5.22',
    text: 'Redirections with Location, 426 with Upgrade.',
    why: 'No answer is one of these.',
  },
  {
    section: '9111',
    text: 'Caching.',
    why: 'It asks things of caches, and nothing of a server that sends no field about it.',
  },
];
