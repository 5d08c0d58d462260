import { cases, chunked, get, request, type Requirement } from './requirement.ts';

/** Bodies and connections: RFC 9112 chapters 6, 7 and 9. */
export const framing: readonly Requirement[] = [
  {
    section: '9112 §6.1',
    level: 'SHOULD',
    text: 'A transfer coding that the server does not understand is answered with 501.',
    cases: cases([501], {
      'gzip before chunked': get(['Transfer-Encoding: gzip, chunked']),
      'gzip before chunked in fields of their own': get([
        'Transfer-Encoding: gzip',
        'Transfer-Encoding: chunked',
      ]),
      'a coding with parameters before chunked': get([
        'Transfer-Encoding: brew;a=b;c="d, \\", chunked" , chunked',
      ]),
    }),
  },
  {
    section: '9112 §6.1',
    level: 'MUST',
    text: 'With both Transfer-Encoding and Content-Length the connection is closed after the answer, which may refuse the request: here it is 400.',
    cases: cases([400], {
      'length before coding': chunked('0\r\n\r\n', ['Content-Length: 5']),
      'coding before length': get(['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
      'an unknown coding and a length': get(['Transfer-Encoding: gzip, chunked', 'Content-Length: 5']),
    }),
  },
  {
    section: '9112 §6.1',
    level: 'MUST',
    text: 'Transfer-Encoding in HTTP/1.0 is faulty framing.',
    cases: cases([400], {
      'chunks in HTTP/1.0': 'GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'chunks and a length in HTTP/1.0':
        'GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
    }),
  },
  {
    section: '9112 §6.3',
    level: 'MUST',
    text: 'When chunked is not the last coding the request is answered with 400.',
    cases: cases([400], {
      'gzip alone': get(['Transfer-Encoding: gzip']),
      'identity alone': get(['Transfer-Encoding: identity']),
      'gzip after chunked': get(['Transfer-Encoding: chunked, gzip']),
      'gzip after chunked in fields of their own': get([
        'Transfer-Encoding: chunked',
        'Transfer-Encoding: gzip',
      ]),
      'an empty Transfer-Encoding': get(['Transfer-Encoding:']),
      'commas instead of codings': get(['Transfer-Encoding: , ,']),
      'a coding that starts like chunked': get(['Transfer-Encoding: chunkedd']),
      'a coding that is the start of chunked': get(['Transfer-Encoding: chunke']),
      'chunked in quotes': get(['Transfer-Encoding: "chunked"']),
      'chunked behind a quote that never ends': get(['Transfer-Encoding: gzip;a="b, chunked']),
      'chunked behind a vertical tab': get(['Transfer-Encoding: \x0bchunked']),
    }),
  },
  {
    section: '9112 §6.3',
    level: 'MUST',
    text: 'An invalid Content-Length is answered with 400 (a list of equal numbers may be accepted).',
    cases: cases([400], {
      'a negative length': get(['Content-Length: -1']),
      'a length with a plus': get(['Content-Length: +1']),
      'a length that is no number': get(['Content-Length: 1x'], 'a'),
      'a hexadecimal length': get(['Content-Length: 0x1'], 'a'),
      'an empty length': get(['Content-Length:']),
      'a length with a blank within': get(['Content-Length: 1 1'], 'a'),
      'two lengths': get(['Content-Length: 1', 'Content-Length: 2'], 'ab'),
      'the same length twice': get(['Content-Length: 1', 'Content-Length: 1'], 'a'),
      'two lengths in one': get(['Content-Length: 1, 2'], 'ab'),
      'a long number with a letter at its end': get([`Content-Length: ${'9'.repeat(40)}x`]),
    }),
  },
  {
    section: '9110 §8.6',
    level: 'MUST',
    text: 'A length that no integer holds is not taken for a smaller one.',
    cases: cases([413], {
      'a length of 30 digits': get([`Content-Length: ${'9'.repeat(30)}`]),
      'a length that is 1 modulo 2^64': get(['Content-Length: 18446744073709551617'], 'a'),
    }),
  },
  {
    section: '9112 §6.3',
    level: 'defined',
    text: 'Without either field a request has no body; with Content-Length the body has that many bytes.',
    cases: [
      ...cases([200], {
        'a body of 0 bytes': get(['Content-Length: 0']),
        'a length with leading zeros': get(['Content-Length: 0004'], 'body'),
        'a body that looks like a request': get([`Content-Length: ${get().length}`], get()),
      }),
      {
        name: 'a body cut short',
        bytes: get(['Content-Length: 5'], 'body'),
        answer: 'none',
        halfClose: true,
      },
    ],
  },
  {
    section: '9112 §7.1',
    level: 'MUST',
    text: 'The chunked coding is decoded.',
    cases: [
      ...cases([200], {
        'no chunk': chunked('0\r\n\r\n'),
        'one chunk': chunked('5\r\nhello\r\n0\r\n\r\n'),
        'many chunks': chunked(`${'1\r\na\r\n'.repeat(3000)}0\r\n\r\n`),
        'sizes in both cases and with zeros': chunked('0a\r\n0123456789\r\n0B\r\n0123456789a\r\n000\r\n\r\n'),
        'a chunk that looks like the end': chunked('7\r\n0\r\n\r\nab\r\n0\r\n\r\n'),
        'chunks for HEAD': request('HEAD / HTTP/1.1', ['Transfer-Encoding: chunked'], '1\r\na\r\n0\r\n\r\n'),
        'chunked among empty elements': get(['Transfer-Encoding: , chunked ,'], '0\r\n\r\n'),
      }),
      ...['5\r\nhel', '5\r\nhello\r\n', '5\r\nhello\r\n0\r\n', '5\r\nhello\r\n0\r\nTrailer: x\r\n'].map(
        (body, index) => ({
          name: `chunks cut short, ${index + 1} of 4`,
          bytes: chunked(body),
          answer: 'none' as const,
          halfClose: true,
        }),
      ),
    ],
  },
  {
    section: '9112 §7',
    level: 'defined',
    text: 'Names of transfer codings are compared without regard to case.',
    cases: cases([200], { 'Chunked in mixed case': get(['Transfer-Encoding: cHuNkEd'], '0\r\n\r\n') }),
  },
  {
    section: '9112 §7.1',
    level: 'SHOULD',
    text: 'Parameters of chunked, which has none, are an error, and so is applying it twice (which a sender MUST NOT).',
    cases: cases([400], {
      'chunked with a parameter': get(['Transfer-Encoding: chunked;a=b'], '0\r\n\r\n'),
      'chunked twice': get(['Transfer-Encoding: chunked, chunked'], '0\r\n\r\n'),
    }),
  },
  {
    section: '9112 §7.1',
    level: 'MUST',
    text: 'A chunk size that no integer holds is not taken for a smaller one.',
    cases: cases([400], {
      'a size of 17 digits': chunked('10000000000000001\r\na\r\n0\r\n\r\n'),
      'a size of 100 digits': chunked(`${'f'.repeat(100)}\r\n`),
    }),
  },
  {
    section: '9112 §7.1',
    level: 'defined',
    text: 'Chunks that do not match the grammar are answered with 400, and the connection is closed.',
    cases: cases([400], {
      'a size that is no number': chunked('x\r\n'),
      'an empty size': chunked('\r\n0\r\n\r\n'),
      'a negative size': chunked('-1\r\n'),
      'a size with 0x': chunked('0x1\r\na\r\n0\r\n\r\n'),
      'a blank before a size': chunked(' 1\r\na\r\n0\r\n\r\n'),
      'a blank after a size': chunked('1 \r\na\r\n0\r\n\r\n'),
      'a size that a line feed ends': chunked('1\na\r\n0\r\n\r\n'),
      'a size that a carriage return ends': chunked('1\ra\r\n0\r\n\r\n'),
      'a chunk longer than its size': chunked('1\r\nab\r\n0\r\n\r\n'),
      'a chunk shorter than its size': chunked('3\r\na\r\n0\r\n\r\n'),
      'a chunk that a line feed ends': chunked('1\r\na\n0\r\n\r\n'),
    }),
  },
  {
    section: '9112 §7.1.1',
    level: 'MUST',
    text: 'Chunk extensions that the server does not know are ignored; their length is limited.',
    cases: [
      ...cases([200], {
        'an extension without a value': chunked('1;a\r\na\r\n0;b\r\n\r\n'),
        'an extension with a value': chunked('1;a=b;c=d\r\na\r\n0\r\n\r\n'),
        'an extension with blanks around': chunked('1 ; a = b\r\na\r\n0\r\n\r\n'),
        'an extension with a quoted value': chunked('1;a="b;c\\"d"\r\na\r\n0\r\n\r\n'),
      }),
      ...cases([400], {
        'an extension over 8 KiB': chunked(`1;${'a'.repeat(9000)}\r\na\r\n0\r\n\r\n`),
        'extensions over 8 KiB in all': chunked(`${'1;abcdefgh\r\na\r\n'.repeat(1000)}0\r\n\r\n`),
        'zeros over 8 KiB before a size': chunked(`${'0'.repeat(9000)}1\r\na\r\n0\r\n\r\n`),
        'a line feed within an extension': chunked('1;a\nb\r\na\r\n0\r\n\r\n'),
        'a zero byte within an extension': chunked('1;a\0\r\na\r\n0\r\n\r\n'),
      }),
    ],
  },
  {
    section: '9112 §7.1.2',
    level: 'MUST',
    text: 'Trailer fields are read up to their empty line, and are not merged into the header (9110 §6.5.1).',
    cases: cases([200], {
      'trailer fields': chunked('1\r\na\r\n0\r\nX-Sum: 1\r\nX-Other:\r\n\r\n'),
      'a Host among the trailer fields': chunked('0\r\nHost: jerry\r\n\r\n'),
      'a length among the trailer fields': chunked('0\r\nContent-Length: x\r\n\r\n'),
      'a condition among the trailer fields': chunked('0\r\nIf-Match: "a"\r\n\r\n'),
    }),
  },
  {
    section: '9112 §7.1.2',
    level: 'defined',
    text: 'Trailer fields keep to the rules of header fields, their limit included.',
    cases: [
      ...cases([400], {
        'a trailer field without a colon': chunked('0\r\nX-Sum\r\n\r\n'),
        'a blank before the colon of a trailer field': chunked('0\r\nX-Sum : 1\r\n\r\n'),
        'a folded trailer field': chunked('0\r\nX-Sum: 1\r\n 2\r\n\r\n'),
      }),
      ...cases([431], { 'trailer fields over 8 KiB': chunked(`0\r\n${'X-A: b\r\n'.repeat(2000)}\r\n`) }),
    ],
  },
  {
    section: '9112 §8',
    level: 'MAY',
    text: 'A request that the client ends before its end may be answered with an error; here the connection is closed.',
    cases: [
      { name: 'a connection without a byte', bytes: '', answer: 'none', halfClose: true },
      { name: 'a head cut short', bytes: 'GET / HTTP/1.1\r\nHost: tom\r\n', answer: 'none', halfClose: true },
      { name: 'half a line', bytes: 'GET / HT', answer: 'none', halfClose: true },
    ],
  },
  {
    section: '9112 §9.3',
    level: 'MUST',
    text: 'A body is read to its end, or the connection is closed after the answer.',
    cases: cases([501], {
      'a refused request with a body': request(
        'POST / HTTP/1.1',
        ['Content-Length: 50000'],
        'b'.repeat(50_000),
      ),
      'a refused request that looks like two': request(
        'POST / HTTP/1.1',
        [`Content-Length: ${get().length}`],
        get(),
      ),
    }),
  },
  {
    section: '9112 §9.6',
    level: 'MUST',
    text: 'After an answer with "close" the connection is closed, and no further request on it is answered.',
    cases: cases([200], {
      'a request to keep the connection': get(['Connection: keep-alive']),
      'a request to close the connection': get(['Connection: close']),
      'HTTP/1.0 with keep-alive': 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    }),
  },
  {
    section: '9112 §9.6',
    level: 'none',
    text: 'A client that has sent more than its request gets its answer whole, without a reset, if the server has read some of what is too much. Otherwise the connection is closed at once: waiting for more would cost each connection a system call.',
    cases: cases([200], {
      'bytes after a request without a body': `${get()}not a request`,
      'two pipelined requests': get().repeat(2),
      'many pipelined requests': get().repeat(2000),
      'a pipelined request behind a body': get(['Content-Length: 4'], 'body') + get(),
      'a pipelined request behind chunks': chunked('1\r\na\r\n0\r\n\r\n') + get(),
    }).map((testCase) => ({ ...testCase, surplus: true })),
  },
  {
    section: '9112 §9.6',
    level: 'none',
    text: 'A client that has ended its own direction still gets its answer.',
    cases: [
      { name: 'a whole request, half-closed', bytes: get(), answer: [200], halfClose: true },
      {
        name: 'a request with a body, half-closed',
        bytes: get(['Content-Length: 4'], 'body'),
        answer: [200],
        halfClose: true,
      },
      {
        name: 'a refused request, half-closed',
        bytes: 'GET / HTTP/1.1\r\n\r\n',
        answer: [400],
        halfClose: true,
      },
    ],
  },
];
